/**
 * Whose count an address is: an IPv4 address its own, an IPv6 address that of its /64, which is what one subscriber gets
 * (RFC 6177 §2): whoever has one has 2⁶⁴ addresses. All spellings of an address have one key; the bits of an IPv4 address in
 * IPv6 (RFC 4291 §2.5.5.2) are that IPv4 address.
 */
export function clientKey(address: string): string {
  if (!address.includes(':')) return address
  const zone = address.indexOf('%')
  const groups = groupsOf(zone < 0 ? address : address.slice(0, zone))
  if (groups === null) return address
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high, low] = [groups[6]!, groups[7]!]
    return `${high >> 8}.${high & 255}.${low >> 8}.${low & 255}`
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** The eight groups, or null where the text is no IPv6 address. */
function groupsOf(text: string): readonly number[] | null {
  const [head, tail, ...more] = text.split('::')
  if (more.length > 0) return null
  const before = parsed(head!)
  const after = tail === undefined ? [] : parsed(tail)
  if (before === null || after === null) return null
  const missing = 8 - before.length - after.length
  if (tail === undefined ? missing !== 0 : missing < 1) return null
  return [...before, ...Array.from({ length: missing }, () => 0), ...after]
}

function parsed(text: string): readonly number[] | null {
  const groups: number[] = []
  for (const part of text === '' ? [] : text.split(':')) {
    const octets = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(part)
    if (octets !== null) {
      const [a, b, c, d] = octets.slice(1).map(Number)
      groups.push(a! * 256 + b!, c! * 256 + d!)
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16))
    else return null
  }
  return groups
}
