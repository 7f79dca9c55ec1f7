import { SCORE } from '../../detector.ts'

/** Character sets in which harmless bytes spell something else; no browser sends a request in one. */
const HIDDEN =
  /charset\s{0,4}=\s{0,4}["']?\s{0,4}(?:utf-?7|utf-?16|utf-?32|ucs-?[24]|ibm-?\d|cp-?(?:037|1026|1140|424|500|875)|ebcdic|x-ebcdic|hz-gb|iso-2022)/i

export function hiddenCharset(value: string): boolean {
  return HIDDEN.test(value)
}

const GRAMMAR = /^\s{0,8}[\w!#$&^.+-]{1,127}\/[\w!#$&^.+*-]{1,127}\s{0,8}(?:;|$)/

/** Why a Content-Type is no one's: not a type, parameters that are none, a set of characters that hides, or two answers. */
export function contentTypeFault(value: string): readonly [rule: string, score: number] | null {
  if (value === '') return null
  if (!GRAMMAR.test(value)) return ['content-type', SCORE.proof]
  if (!value.includes(';')) return null
  if (hiddenCharset(value)) return ['hidden-charset', SCORE.proof]
  const charset = value.search(/charset\s{0,4}=/i)
  if (charset >= 0 && /charset\s{0,4}=/i.test(value.slice(charset + 8))) return ['two-charsets', SCORE.proof]
  const multipart = /^\s{0,8}multipart\//i.test(value)
  // A boundary means nothing elsewhere, unless somebody searches it for the type they hope for.
  if (!multipart && /;\s{0,8}boundary\s{0,4}=\s{0,4}"?[\w.+-]{1,64}\/[\w.+-]{1,64}/i.test(value))
    return ['boundary-type', SCORE.proof]
  if (/;\s{0,8}[^=;\s"]{1,64}\s{0,8}(?:;|$)/.test(value)) return ['content-type-parameter', SCORE.proof]
  return null
}
