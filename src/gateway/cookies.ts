import type { HeaderList } from './exchange.ts'

export function* cookiesOf(headers: HeaderList): Generator<[name: string, value: string]> {
  for (let index = 0; index < headers.length; index += 2) {
    if (headers[index]!.toLowerCase() !== 'cookie') continue
    for (const pair of headers[index + 1]!.split(';')) {
      const at = pair.indexOf('=')
      if (at > 0) yield [pair.slice(0, at).trim(), pair.slice(at + 1).trim()]
    }
  }
}

/** Removes some cookies from `headers`; `text` stands in each of their names, and most requests hold it nowhere. */
export function withoutCookies(headers: string[], text: string, isOurs: (name: string) => boolean): string[] {
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (headers[index]!.toLowerCase() !== 'cookie' || !headers[index + 1]!.includes(text)) continue
    const kept = headers[index + 1]!.split(';')
      .map((pair) => pair.trim())
      .filter((pair) => pair !== '' && !isOurs(pair.split('=', 1)[0]!))
    if (kept.length === 0) headers.splice(index, 2)
    else headers[index + 1] = kept.join('; ')
  }
  return headers
}
