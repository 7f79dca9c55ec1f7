/**
 * Addresses out of STIX 2.1 indicators. Only a pattern that says "this address, or that one" can be blocked by address: one
 * that asks for more (AND, FOLLOWEDBY, NOT, a qualifier) would block who fits a part of it, so it is reported and left out.
 */

export type StixAddresses =
  | { readonly ok: true; readonly addresses: readonly string[] }
  | { readonly ok: false; readonly because: string }

const NOT_FOR_ADDRESSES = 'asks for more than an address: '

/** The addresses and networks of a pattern; none where it is about something else, such as a file. */
export function stixAddresses(pattern: string): StixAddresses {
  const tokens = tokensOf(pattern)
  if (tokens === null) return { ok: false, because: 'is no STIX pattern' }
  const addresses: string[] = []
  let asksAddress = false
  let at = 0
  const take = (text: string): boolean =>
    tokens[at]?.text.toUpperCase() === text && tokens[at]!.kind !== 'text' && ++at > 0

  /** @returns why it cannot be used; null: it can */
  function observations(): string | null {
    do {
      const fault = take('(') ? (observations() ?? (take(')') ? null : 'lacks a )')) : observation()
      if (fault !== null) return fault
    } while (take('OR'))
    return null
  }

  function observation(): string | null {
    if (!take('[')) return 'lacks a ['
    do {
      const fault = comparison()
      if (fault !== null) return fault
    } while (take('OR'))
    return take(']') ? null : beyond('lacks a ]')
  }

  function comparison(): string | null {
    const path = tokens![at++]
    if (path?.kind !== 'word' || !path.text.includes(':')) return beyond('lacks an object path')
    const isAddress = ADDRESS_PATHS.has(path.text)
    asksAddress ||= isAddress
    const operator = tokens![at++]?.text.toUpperCase() ?? ''
    if (!OPERATORS.has(operator))
      return isAddress || operator === 'NOT' ? `${NOT_FOR_ADDRESSES}${operator}` : 'is cut short'
    const values = operator === 'IN' ? list() : [tokens![at++]]
    if (values === null || values.some((value) => value === undefined || value.kind === 'mark')) return 'lacks a value'
    if (!isAddress) return null
    if (!ADDRESS_OPERATORS.has(operator)) return `${NOT_FOR_ADDRESSES}${operator}`
    addresses.push(...values.map((value) => value!.text))
    return null
  }

  function list(): Token[] | null {
    const values: Token[] = []
    if (!take('(')) return null
    do {
      const value = tokens![at++]
      if (value === undefined) return null
      values.push(value)
    } while (take(','))
    return take(')') ? values : null
  }

  function beyond(otherwise: string): string {
    const next = tokens![at]
    return next?.kind === 'word' ? `${NOT_FOR_ADDRESSES}${next.text}` : otherwise
  }

  const fault = observations() ?? (at < tokens.length ? beyond('goes on after its end') : null)
  if (fault === null) return { ok: true, addresses }
  // Of what is not about addresses nothing has to be understood.
  return asksAddress || tokens.some(({ kind, text }) => kind === 'word' && ADDRESS_PATHS.has(text))
    ? { ok: false, because: fault }
    : { ok: true, addresses: [] }
}

const ADDRESS_PATHS = new Set(['ipv4-addr:value', 'ipv6-addr:value'])
const ADDRESS_OPERATORS = new Set(['=', 'IN', 'ISSUBSET'])
const OPERATORS = new Set([...ADDRESS_OPERATORS, '!=', '<', '>', '<=', '>=', 'LIKE', 'MATCHES', 'ISSUPERSET'])

interface Token {
  readonly kind: 'word' | 'mark' | 'text'
  readonly text: string
}

/** Null: there is something in it that no pattern has. One pass, each character looked at once. */
function tokensOf(pattern: string): readonly Token[] | null {
  const tokens: Token[] = []
  let at = 0
  while (at < pattern.length) {
    const character = pattern[at]!
    if (/\s/.test(character)) at += 1
    else if (character === "'") {
      let text = ''
      for (at += 1; at < pattern.length && pattern[at] !== "'"; at++) {
        if (pattern[at] === '\\') at += 1
        text += pattern[at] ?? ''
      }
      if (at >= pattern.length) return null
      at += 1
      tokens.push({ kind: 'text', text })
    } else if ('[](),'.includes(character)) {
      tokens.push({ kind: 'mark', text: character })
      at += 1
    } else if ('=!<>'.includes(character)) {
      const two = pattern.slice(at, at + 2)
      const text = ['!=', '<=', '>='].includes(two) ? two : character
      tokens.push({ kind: 'mark', text })
      at += text.length
    } else {
      const start = at
      while (at < pattern.length && !/[\s'()[\],=!<>]/.test(pattern[at]!)) at += 1
      // An index or a key of an object path, as in x_list[0] or hashes.'SHA-256'.
      if (at === start) return null
      tokens.push({ kind: 'word', text: pattern.slice(start, at) })
    }
  }
  return tokens
}
