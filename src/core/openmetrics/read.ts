import type { Labels } from '../series/labels.ts'

/** Beyond this a label's value is no name of anything, and costs memory in every copy. */
const LABEL_CHARACTERS_MAX = 512
const LABELS_MAX = 32

export interface ReadSample {
  /** The series' own name: `…_bucket`, `…_total`. */
  readonly metric: string
  readonly labels: Labels
  readonly value: number
}

export interface ReadMetrics {
  readonly samples: readonly ReadSample[]
  /** Samples beyond the bound: they are not among `samples`. */
  readonly dropped: number
}

/**
 * The samples of a text in Prometheus' format or OpenMetrics. Timestamps and exemplars are left aside: what was read is of
 * the moment it was read. Null when a line is neither a sample nor a comment: what cannot be understood in part is not taken
 * in part.
 */
export function readMetrics(text: string, samplesMax: number): ReadMetrics | null {
  const samples: ReadSample[] = []
  let dropped = 0
  for (const line of lines(text)) {
    if (line === '' || line.startsWith('#')) {
      if (line.startsWith('# EOF')) break
      continue
    }
    const sample = readSample(line)
    if (sample === null) return null
    if (samples.length < samplesMax) samples.push(sample)
    else dropped += 1
  }
  return { samples, dropped }
}

function* lines(text: string): Generator<string> {
  let from = 0
  while (from < text.length) {
    const end = text.indexOf('\n', from)
    const to = end === -1 ? text.length : end
    yield text.slice(from, to).trim()
    from = to + 1
  }
}

const NAME = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\]|\\.)*)"\s*(,|(?=\}))/y
const REST = /\s+(\S+)(?:\s+-?[\d.eE+]+)?\s*(?:#.*)?$/y

function readSample(line: string): ReadSample | null {
  NAME.lastIndex = 0
  const metric = NAME.exec(line)?.[0]
  if (metric === undefined) return null
  let at = NAME.lastIndex
  const labels: Record<string, string> = {}
  if (line[at] === '{') {
    at += 1
    for (let count = 0; ; count++) {
      LABEL.lastIndex = at
      const label = LABEL.exec(line)
      if (label === null) break
      if (count >= LABELS_MAX || label[2]!.length > LABEL_CHARACTERS_MAX) return null
      labels[label[1]!] = unescape(label[2]!)
      at = LABEL.lastIndex
    }
    at += /^\s*/.exec(line.slice(at))![0].length
    if (line[at] !== '}') return null
    at += 1
  }
  REST.lastIndex = at
  const value = numberOf(REST.exec(line)?.[1])
  return value === null ? null : { metric, labels, value }
}

function unescape(text: string): string {
  return text.includes('\\')
    ? text.replaceAll(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped))
    : text
}

function numberOf(text: string | undefined): number | null {
  if (text === undefined) return null
  if (/^[+-]?inf(?:inity)?$/i.test(text))
    return text.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^nan$/i.test(text)) return Number.NaN
  const value = Number(text)
  return Number.isNaN(value) ? null : value
}
