import { stringify } from 'yaml'

/**
 * YAML text of a plain value: the same bytes for the same value, no folded lines, no anchors. Texts that an older reader
 * would take for something else (`on`, `yes`, `0x1f`, `1e3`) are quoted.
 */
export function yamlText(value: unknown): string {
  return stringify(value, { lineWidth: 0, compat: 'yaml-1.1', aliasDuplicateObjects: false })
}

/** Parts of one document, each below lines of comment that say what it is for; parts without keys are left out. */
export function yamlSections(
  sections: readonly { readonly about?: string; readonly value: Readonly<Record<string, unknown>> }[],
): string {
  return sections
    .filter(({ value }) => Object.keys(value).length > 0)
    .map(({ about, value }) => `${about === undefined ? '' : `${about.replaceAll(/^/gm, '# ')}\n`}${yamlText(value)}`)
    .join('\n')
}
