import { SCORE } from '../../detector.ts'
import type { RequestDetector, RequestFacts, RequestHit } from '../../request-detector.ts'
import { words } from '../words.ts'
import { contentTypeFault, hiddenCharset } from './content-type.ts'

type Report = (hit: RequestHit) => void

/** IANA's registry of HTTP methods; a method outside of it reaches handlers that expected none. */
const METHODS = new Set(
  words(`ACL BASELINE-CONTROL BIND CHECKIN CHECKOUT CONNECT COPY DELETE GET HEAD LABEL LINK LOCK MERGE MKACTIVITY MKCALENDAR MKCOL
    MKREDIRECTREF MKWORKSPACE MOVE OPTIONS ORDERPATCH PATCH POST PRI PROPFIND PROPPATCH PUT QUERY REBIND REPORT SEARCH TRACE UNBIND UNCHECKOUT
    UNLINK UNLOCK UPDATE UPDATEREDIRECTREF VERSION-CONTROL`),
)
const WITHOUT_BODY = new Set(['GET', 'HEAD'])
/** Bytes no UTF-8 text has, followed by a continuation: overlong forms and what lies beyond U+10FFFF. */
const NEVER_UTF8 = /%(?:c[01]|f[5-9a-f])%[89ab][0-9a-f]/i
/** Most ranges a client needs at once; many make a server build an answer larger than the file. */
const RANGES_MAX = 16
const RANGES_TOLD = 5

type Check = (value: string, facts: RequestFacts) => readonly [rule: string, score: number] | null

/** What single header fields must not say, by lower-case name. */
const FIELDS = new Map<string, Check>([
  // `Proxy` becomes HTTP_PROXY in a CGI environment.
  ['proxy', () => ['proxy-header', SCORE.proof]],
  // Written by frameworks for themselves, to skip what stands in front.
  ['x-middleware-subrequest', () => ['internal-header', SCORE.proof]],
  // Asked in 1996 by one browser; servers that still listen read it instead of Range.
  ['request-range', () => ['request-range', SCORE.proof]],
  ['lock-token', (_, facts) => (WITHOUT_BODY.has(facts.request.method) ? ['locking', SCORE.proof] : null)],
  ['if', (_, facts) => (WITHOUT_BODY.has(facts.request.method) ? ['locking', SCORE.proof] : null)],
  [
    'content-encoding',
    (_, facts) => (WITHOUT_BODY.has(facts.request.method) ? ['encoded-nothing', SCORE.proof] : null),
  ],
  ['connection', (value) => (repeats(value) ? ['connection-repeats', SCORE.proof] : null)],
  [
    'accept-encoding',
    (value) => (value.length > 50 && /[^\w\s,;=.*-]|\w{25}/.test(value) ? ['accept-encoding', SCORE.proof] : null),
  ],
  ['accept', (value) => (hiddenCharset(value) ? ['hidden-charset', SCORE.proof] : null)],
  ['content-type', (value) => contentTypeFault(value)],
  ['cookie', (value) => (value.startsWith('$Version') ? ['cookie-version', SCORE.proof] : null)],
  ['referer', (value) => (value.includes('%00') ? ['nul', SCORE.proof] : null)],
  ['range', rangeFault],
  // Added by scanners so that their owners recognise themselves.
  ['acunetix-aspect', () => ['scanner', SCORE.proof]],
  ['acunetix-scan', () => ['scanner', SCORE.proof]],
  ['acunetix-product', () => ['scanner', SCORE.proof]],
  ['x-scanner', () => ['scanner', SCORE.proof]],
  ['x-scan-memo', () => ['scanner', SCORE.proof]],
  ['x-wipp', () => ['scanner', SCORE.proof]],
])

/** `keep-alive, close` and `close, close`: two answers to one question. */
function repeats(value: string): boolean {
  return (
    value.includes(',') &&
    /(?:^|,)\s{0,8}(?:keep-alive|close)\s{0,8},(?:.{0,64},)?\s{0,8}(?:keep-alive|close)\s{0,8}(?:,|$)/i.test(value)
  )
}

function rangeFault(value: string, { path }: RequestFacts): readonly [string, number] | null {
  let ranges = 1
  for (let at = value.indexOf(','); at >= 0; at = value.indexOf(',', at + 1)) ranges++
  // Readers of PDF fetch page by page.
  const most = path.endsWith('.pdf') ? 4 * RANGES_MAX : RANGES_MAX
  if (path.endsWith('.pdf') && ranges <= most) return null
  return ranges > most ? ['ranges', SCORE.proof] : ranges > RANGES_TOLD ? ['ranges', SCORE.strong] : null
}

/** What the head of a request says that no client of the web says: methods, fields and encodings. */
export const headDetector: RequestDetector = {
  name: 'request-head',
  head(facts, report) {
    const { request } = facts
    if (!METHODS.has(request.method)) say(report, 'method', SCORE.proof, 'header', ':method', request.method)
    const { target } = request
    if (target.includes('%')) {
      if (target.includes('%00')) say(report, 'nul', SCORE.proof, 'query', '', target)
      if (NEVER_UTF8.test(target)) say(report, 'never-utf8', SCORE.proof, 'query', '', target)
    }
    let host = request.host !== ''
    if (facts.fieldsAreClean && host) return
    const { headers } = request
    for (let index = 0; index + 1 < headers.length; index += 2) {
      const name = headers[index]!.toLowerCase()
      if (name === 'host') host = true
      const fault = FIELDS.get(name)?.(headers[index + 1]!, facts) ?? null
      if (fault !== null) say(report, fault[0], fault[1], 'header', name, headers[index + 1]!)
    }
    if (!host) say(report, 'no-host', SCORE.proof, 'header', 'host', '')
  },
  body(facts, report) {
    const { body, request } = facts
    if (body === null || body.bytes === 0) return
    const type = facts.header('content-type')
    // Queries in JSON come with GET; forms and files do not.
    if (WITHOUT_BODY.has(request.method) && body.format !== 'json')
      say(report, 'body-with-get', SCORE.proof, 'body', '', type ?? '')
    // Without a type each reader guesses for itself what is plainly in a language.
    else if (type === undefined && (body.format === 'json' || body.format === 'xml' || body.format === 'multipart'))
      say(report, 'untyped-body', SCORE.proof, 'body', '', body.format)
    for (let index = 0; index < facts.count; index++) {
      const at = facts.locationAt(index)
      if (
        (at === 'form' || at === 'query') &&
        (facts.textAt(index).includes('\0') || facts.nameAt(index).includes('\0'))
      )
        return say(report, 'nul', SCORE.proof, at, facts.nameAt(index), facts.textAt(index))
    }
  },
}

function say(
  report: Report,
  rule: string,
  score: number,
  location: RequestHit['location'],
  name: string,
  excerpt: string,
): void {
  const threat = rule === 'scanner' ? 'scanner' : rule === 'ranges' ? 'resource' : 'protocol'
  report({ class: threat, rule: `${threat}.${rule}`, score, location, name, excerpt })
}
