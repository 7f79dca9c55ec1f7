/** A stream that two readers are known to read differently, and the one way in which it may be read. */
export interface Shape {
  readonly name: string
  /** What the client writes; PLACE stands for the path of this run. A request for the marker follows. */
  readonly text: string
  readonly expect: Expectation
}

export interface Expectation {
  /** The requests that reach the upstream, whole and in this order, with their bodies; the marker's included if it is one. */
  readonly reads: readonly (readonly [method: string, target: string, body: string])[]
  /**
   * How the connection ends: `closed` after the last of them, `waits` for more that never comes, or with an answer of this status
   * to what follows them.
   */
  readonly end: 'closed' | 'waits' | number
  /** The fault is in the body: the upstream may have seen the head, and must have seen that the rest never came. */
  readonly begun?: boolean
}

/** As long as what is put in its place, so that lengths written in shapes stay true. */
export const PLACE = '/dNNNN'
export const placeOf = (number: number): string => `/d${String(number).padStart(4, '0')}`

export const MARKER = `GET ${PLACE}/marker HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`
/** What must never become a request. */
export const SMUGGLED = `GET ${PLACE}/smuggled HTTP/1.1\r\nHost: a\r\n\r\n`

const MARKED = ['GET', `${PLACE}/marker`, ''] as const

/** The first request is read with this body, and the marker after it. */
export function reads(
  name: string,
  text: string,
  body: string,
  method = text.split(' ', 1)[0]!,
  path = `${PLACE}/a`,
): Shape {
  return { name, text, expect: { reads: [[method, path, body], MARKED], end: 'closed' } }
}

/** The first request is read, and the connection ends with its answer. */
export function readsAndCloses(name: string, text: string, body: string): Shape {
  return { name, text, expect: { reads: [[text.split(' ', 1)[0]!, `${PLACE}/a`, body]], end: 'closed' } }
}

/** Answered with `status` and closed; nothing reaches the upstream. */
export function refuses(name: string, text: string, status = 400): Shape {
  return { name, text, expect: { reads: [], end: status } }
}

/** The same for a fault in the body. */
export function refusesBody(name: string, text: string, status = 400): Shape {
  return { name, text, expect: { reads: [], end: status, begun: true } }
}

/** More is announced than comes: the marker is taken for a part of it. */
export function waits(name: string, text: string): Shape {
  return { name, text, expect: { reads: [], end: 'waits', begun: true } }
}

export function post(fields: string, body = ''): string {
  return `POST ${PLACE}/a HTTP/1.1\r\nHost: a\r\n${fields}\r\n\r\n${body}`
}

export function get(fields: string, body = ''): string {
  return post(fields, body).replace('POST', 'GET')
}
