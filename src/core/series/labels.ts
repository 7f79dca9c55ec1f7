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
 * @param compile a test of whole values by a pattern; those that somebody sends want `compileLinear`. @default the engine's own
 * @throws SyntaxError for a pattern that is none
 */
export function compileMatchers(
  matchers: readonly Matcher[],
  compile: (pattern: string) => (value: string) => boolean = compileOwn,
): (labels: Labels) => boolean {
  const tests = matchers.map(({ label, op, value }) => {
    const matches = op === '=~' || op === '!~' ? compile(value) : (held: string) => held === value
    const wanted = op === '=' || op === '=~'
    return (labels: Labels) => {
      return matches(labels[label] ?? '') === wanted
    }
  })
  return (labels) => tests.every((test) => test(labels))
}

function compileOwn(pattern: string): (value: string) => boolean {
  const own = new RegExp(`^(?:${pattern})$`, 'su')
  return (value) => own.test(value)
}
