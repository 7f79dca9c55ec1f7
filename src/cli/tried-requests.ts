import type { TriedRequest } from '../control/guard/check.ts'
import { Problem } from '../core/problem.ts'
import { bodyOf, dataOf, RequestHead, RequestReader, type BodyReader } from '../http1/index.ts'

/** Requests of one HAR file that are tried. */
export const REQUESTS_MAX = 1_000

export interface Flags {
  readonly method?: string
  readonly path: string
  readonly header: readonly string[]
  readonly body?: string
}

/** A request given by flags; every client sends a Host, so it has one. @throws Problem `cli.usage` */
export function requestOfFlags({ method, path, header, body }: Flags, client: string): TriedRequest {
  const headers = header.flatMap((line) => {
    const colon = line.indexOf(':')
    if (colon <= 0) throw new Problem('cli.usage', `--header ${line} is no header`, { hint: "Write 'Name: value'." })
    return [line.slice(0, colon), line.slice(colon + 1).trim()]
  })
  if (!path.startsWith('/')) throw new Problem('cli.usage', `--path ${path} does not begin with /`)
  return {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    target: path,
    headers: withHost(headers, 'localhost'),
    client,
    body: body === undefined ? null : Buffer.from(body).toString('base64'),
  }
}

function withHost(headers: readonly string[], host: string): readonly string[] {
  const hasHost = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host')
  return hasHost ? headers : ['Host', host, ...headers]
}

interface Har {
  readonly log?: { readonly entries?: readonly { readonly request?: HarRequest }[] }
}

interface HarRequest {
  readonly method?: string
  readonly url?: string
  readonly headers?: readonly { readonly name?: string; readonly value?: string }[]
  readonly postData?: { readonly text?: string; readonly encoding?: string }
}

/** The requests that a browser has saved (HAR 1.2). @throws Problem `guard.bad-har` */
export function requestsOfHar(text: string, client: string): readonly TriedRequest[] {
  let har: Har
  try {
    har = JSON.parse(text) as Har
  } catch (error) {
    throw badHar('it is no JSON', error)
  }
  const { entries } = har.log ?? {}
  if (!Array.isArray(entries)) throw badHar('it has no log.entries')
  return entries.slice(0, REQUESTS_MAX).map(({ request }, index) => requestOfHar(request, client, index))
}

function requestOfHar(request: HarRequest | undefined, client: string, index: number): TriedRequest {
  const { method, url, headers = [], postData } = request ?? {}
  if (typeof method !== 'string' || typeof url !== 'string' || !URL.canParse(url))
    throw badHar(`entry ${index + 1} has no method, or no whole URL`)
  const { host, pathname, search } = new URL(url)
  const body = postData?.text
  // Names with a colon are of HTTP/2, where they say what the request line and Host say elsewhere.
  const fields = headers.flatMap(({ name = '', value = '' }) => (name.startsWith(':') ? [] : [name, value]))
  return {
    method,
    target: pathname + search,
    headers: withHost(fields, host),
    client,
    body:
      body === undefined ? null : postData?.encoding === 'base64' ? body : Buffer.from(body, 'utf8').toString('base64'),
  }
}

/**
 * A request as it goes over the wire, read as strictly as the gateway reads it. In a file that was written by hand, with bare
 * line feeds, those of the head count as line ends.
 * @throws Problem `guard.bad-request` with what the reader says
 */
export function requestOfBytes(given: Buffer, client: string): TriedRequest {
  const bytes = withLineEnds(given)
  const head = new RequestHead()
  const reader = new RequestReader()
  const end = reader.push(bytes, 0, bytes.length, head)
  if (reader.refusal !== null)
    throw badRequest(`the gateway answers ${reader.refusal.status}: ${reader.refusal.reason}`)
  if (end < 0) throw badRequest('its head has no end: an empty line is missing')
  return {
    method: head.method,
    target: head.target,
    headers: head.pairs(),
    client,
    body: bodyIn(bytes, end, bodyOf(head)),
  }
}

/** In base64, as far as it is there; null: none is announced. */
function bodyIn(bytes: Buffer, start: number, body: BodyReader | null): string | null {
  if (body === null) return null
  const data: Buffer[] = []
  let from = start
  while (from < bytes.length) {
    const next = body.push(bytes, from, bytes.length)
    data.push(Buffer.from(dataOf(bytes, body)))
    if (body.fault !== null) throw badRequest(`the gateway answers ${body.fault.status}: ${body.fault.reason}`)
    if (body.done || next === from) break
    from = next
  }
  return Buffer.concat(data).toString('base64')
}

function withLineEnds(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  const headEnd = text.indexOf('\n\n')
  if (text.includes('\r\n') || headEnd < 0) return bytes
  return Buffer.from(text.slice(0, headEnd).replaceAll('\n', '\r\n') + '\r\n\r\n' + text.slice(headEnd + 2), 'latin1')
}

function badHar(because: string, cause?: unknown): Problem {
  return new Problem('guard.bad-har', `the HAR file cannot be used: ${because}`, { cause })
}

function badRequest(because: string): Problem {
  return new Problem('guard.bad-request', because, {
    hint: 'It is refused before the guard sees it: no policy can change that.',
  })
}
