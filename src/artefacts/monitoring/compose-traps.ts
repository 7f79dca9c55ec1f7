import { parse } from 'yaml'
import type { Artefact } from '../family.ts'

interface ComposeFile {
  readonly services?: Readonly<
    Record<
      string,
      {
        readonly read_only?: boolean
        readonly secrets?: readonly string[]
        readonly volumes?: readonly (string | object)[]
      }
    >
  >
  readonly secrets?: Readonly<Record<string, { readonly environment?: string }>>
}

/**
 * What compose refuses only once it starts something, and what `config` refuses although `up` would not: neither is seen on a
 * machine without compose.
 */
export function composeTrapsIn(files: readonly Pick<Artefact, 'path' | 'text'>[]): readonly string[] {
  return files
    .filter(({ path }) => /\/compose[^/]*\.yml$/.test(path))
    .flatMap(({ path, text }) => {
      const { services = {}, secrets = {} } = parse(text) as ComposeFile
      return Object.entries(services).flatMap(([name, service]) => {
        const fromVariables = (service.secrets ?? []).filter((each) => secrets[each]?.environment !== undefined)
        const short = (service.volumes ?? []).filter((volume): volume is string => typeof volume === 'string')
        return [
          // https://github.com/docker/compose/pull/12531
          ...(service.read_only === true && fromVariables.length > 0
            ? [`${path}: ${name} is read-only, and compose cannot copy ${fromVariables.join(', ')} into it`]
            : []),
          ...short
            .filter((volume) => volume.includes('${'))
            .map((volume) => `${path}: ${name} has a variable in the short form of a volume: ${volume}`),
        ]
      })
    })
}
