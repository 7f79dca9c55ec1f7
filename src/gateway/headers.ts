/** What a proxy must change in the heads that pass it (RFC 9110 §7.6). */
import type { HeaderList } from './exchange.ts'

/** Meant for one connection only, plus `Proxy`, which old CGI programs take for a setting. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
])

/** Copies `headers` without the hop-by-hop ones, those that Connection names, and those in `drop` (lower case). */
export function endToEnd(headers: HeaderList, drop: ReadonlySet<string>): string[] {
  const named = namedByConnection(headers)
  const kept: string[] = []
  for (let index = 0; index < headers.length; index += 2) {
    // Programs that put fields into environment variables cannot tell the two apart.
    const name = headers[index]!.toLowerCase().replaceAll('_', '-')
    if (HOP_BY_HOP.has(name) || drop.has(name) || named?.has(name)) continue
    kept.push(headers[index]!, headers[index + 1]!)
  }
  return kept
}

function namedByConnection(headers: HeaderList): Set<string> | null {
  let named: Set<string> | null = null
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() !== 'connection') continue
    for (const token of headers[index + 1]!.split(',')) {
      const name = token.trim().toLowerCase()
      // Whatever a client says, the message's own framing and destination are not for one hop only.
      if (name !== '' && name !== 'host' && name !== 'content-length') (named ??= new Set()).add(name)
    }
  }
  return named
}

/** Adds a name to Vary, unless it is there or everything is. */
export function addVary(headers: string[], name: string): void {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() !== 'vary') continue
    headers[index + 1] = withName([headers[index + 1]!], name)
    return
  }
  headers.push('Vary', name)
}

/** A list of names (RFC 9110 §5.6.1) with one more, unless it is there or everything is. */
export function withName(lists: readonly string[], name: string): string {
  const list = lists.join(', ')
  if (list === '') return name
  const known = list.split(',').map((one) => one.trim().toLowerCase())
  return known.includes('*') || known.includes(name.toLowerCase()) ? list : `${list}, ${name}`
}
