/** Codings the gateway can apply, the one it likes best first: at these levels zstd costs the least for its size. */
export const CODINGS = ['zstd', 'br', 'gzip'] as const
export type Coding = (typeof CODINGS)[number]

/** The best coding of an Accept-Encoding field (RFC 9110 §12.5.3); null: as it is. */
export function codingFor(accepted: string | undefined): Coding | null {
  if (accepted === undefined || accepted.length > FIELD_MAX) return null
  let best: Coding | null = null
  let bestWeight = 0
  let any = 0
  const weights = new Map<string, number>()
  for (const item of accepted.split(',')) {
    const [name = '', ...parameters] = item.split(';')
    const weight = weightOf(parameters)
    const coding = name.trim().toLowerCase()
    if (coding === '*') any = weight
    else weights.set(coding === 'x-gzip' ? 'gzip' : coding, weight)
  }
  for (const coding of CODINGS) {
    const weight = weights.get(coding) ?? any
    if (weight > bestWeight) [best, bestWeight] = [coding, weight]
  }
  const identity = weights.get('identity')
  return identity !== undefined && identity > bestWeight ? null : best
}

function weightOf(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const match = /^\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*$/i.exec(parameter)
    if (match !== null) return Math.min(1, Number(match[1]))
  }
  return 1
}

/** No client says more. */
const FIELD_MAX = 256
