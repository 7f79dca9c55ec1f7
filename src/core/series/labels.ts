/** What tells one series of a metric from another. The metric's own name is not among them. */
export type Labels = Readonly<Record<string, string>>

/** What a selector asks of one label. An absent label equals the empty text; patterns match the whole value. */
export interface Matcher {
  readonly label: string
  readonly op: '=' | '!=' | '=~' | '!~'
  readonly value: string
}

/** `up{instance="api-1",service="api"}`: labels in code unit order, empty ones left out. The same series, the same text. */
export function seriesKey(metric: string, labels: Labels): string {
  const pairs = Object.keys(labels)
    .filter((label) => labels[label] !== '')
    .toSorted()
    .map((label) => `${label}="${escapeLabel(labels[label]!)}"`)
  return pairs.length === 0 ? metric : `${metric}{${pairs.join(',')}}`
}

/** These labels, as far as they are there. */
export function only(labels: Labels, names: readonly string[]): Labels {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = labels[name] ?? ''
      return value === '' ? [] : [[name, value]]
    }),
  )
}

/** A label's value as it stands between quotes in the text formats and in PromQL. */
export function escapeLabel(value: string): string {
  if (!/["\\\n]/.test(value)) return value
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/**
 * A test of labels, with its patterns compiled once.
 * @throws SyntaxError for a pattern that is none
 */
export function compileMatchers(matchers: readonly Matcher[]): (labels: Labels) => boolean {
  const tests = matchers.map(({ label, op, value }) => {
    const pattern = op === '=~' || op === '!~' ? new RegExp(`^(?:${value})$`, 'su') : null
    const wanted = op === '=' || op === '=~'
    return (labels: Labels) => {
      const held = labels[label] ?? ''
      return (pattern === null ? held === value : pattern.test(held)) === wanted
    }
  })
  return (labels) => tests.every((test) => test(labels))
}
