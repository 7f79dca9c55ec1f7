import { CHARS, SCORE, type Detector, type Value } from '../detector.ts'
import { telling, type Tell } from './report.ts'

/** Names of header fields that change how an answer or a request is read. */
const FIELD =
  /[\s\r\n]{0,4}(?:set-cookie2?|location|content-(?:type|length|disposition|encoding|security-policy)|transfer-encoding|x-[a-z-]{2,40}|access-control-[a-z-]{2,40}|host|refresh|remote-addr|status|link|cache-control|connection|upgrade|www-authenticate|authorization|referer|user-agent|cookie|origin|expires|last-modified|etag|vary|p3p|proxy-[a-z-]{2,24})[\r\n\s]{0,6}:/y
/** The first line of a request or an answer; a new one begins where a reader trusts it. */
const START_LINE =
  /\s{0,4}(?:(?:get|post|head|put|delete|options|trace|connect|patch|propfind|move)\s{1,4}(?:\/|https?:\/\/)[^\s]{0,512}\s{1,4}http\/\d|http\/\d(?:\.\d)?\s{1,4}\d{3}\b)/y
const START_LINE_ANYWHERE =
  /(?:^|[^a-z]|bar)(?:get|post|head|put|delete|options|trace|connect|patch|propfind)\s{1,4}(?:\/|https?:\/\/)[^\s]{0,512}\s{1,4}http\/\d/

/** SMTP: verbs that only make sense at the start of a line, with what must follow. */
const SMTP =
  /\s{0,2}(?:rcpt\s{1,2}to\s{0,2}:|mail\s{1,2}from\s{0,2}:|ehlo\s{1,2}[\w.-]|helo\s{1,2}[\w.-]|data\s{0,4}(?:[\r\n]|$)|quit\s{0,4}(?:[\r\n]|$)|rset\s{0,4}(?:[\r\n]|$)|vrfy\s{1,2}[\w.@-]|expn\s{1,2}[\w.-]|noop\s{0,4}(?:[\r\n]|$)|starttls\s{0,4}(?:[\r\n]|$)|auth\s{1,2}(?:plain|login|cram-md5|ntlm|xoauth2|gssapi|digest-md5)\b)/y
/** IMAP: a tag, a verb, and its argument or the end of the line. */
const IMAP =
  /\s{0,2}[a-z]{1,4}\d{1,6}\s{1,4}(?:append|authenticate|capability|check|close|copy|create|delete|examine|expunge|fetch|list|login|logout|lsub|noop|rename|search|select|starttls|status|store|subscribe|uid|unsubscribe|idle|quit)\b/y
/** POP3. */
const POP =
  /\s{0,2}(?:(?:retr|dele|top|uidl|list)\s{1,2}\d{1,6}\b|apop\s{1,2}\w{1,64}\s{1,2}[0-9a-f]{16,64}\b|user\s{1,2}[\w.@-]{1,64}\s{0,2}[\r\n]{1,2}\s{0,2}pass\s|stat\s{0,2}(?:[\r\n]|$)|rpop\b)/y
/** Fields of a message that send it to others. */
const RECIPIENT =
  /\s{0,2}(?:b?cc|to|from|subject|reply-to|mime-version|content-type)\s{0,2}:\s{0,4}(?:[^\r\n]{0,80}@[\w.-]{2,64}|multipart|text\/)/y

const BREAKS_MAX = 64

/** Line breaks in a parameter, followed by what a header, a request, an answer or a mail protocol has on a line of its own. */
export const linesDetector: Detector = {
  name: 'lines',
  names: true,
  chars: CHARS.newline,
  words: ['http/', 'set-cookie', 'location:', 'content-'],
  detect: telling('crlf', (value, tell) => {
    if (value.mask & CHARS.nonAscii) folded(value, tell)
    if (value.lower.includes('http/')) {
      const match = START_LINE_ANYWHERE.exec(value.lower)
      if (match !== null) requestLine(value, match, tell)
    }
    if (value.mask & CHARS.newline) breaks(value, tell)
  }),
}

/** In prose a request line is quoted; one with a whole address, or with its headers below it, is meant to be read. */
function requestLine(value: Value, match: RegExpExecArray, tell: Tell): void {
  const end = match.index + match[0].length
  const sent = /:\/\//.test(match[0]) || /^(?:\.\d)?\r?\n[\w-]{2,40}:/.test(value.lower.slice(end, end + 48))
  const score = value.document && match.index > 8 ? SCORE.weak : sent ? SCORE.proof : SCORE.weak
  tell('request-line', score, match.index, end, 'protocol')
}

/** Where a line break has no business at all: one in it is proof enough. */
function singleLine({ location }: Value): boolean {
  return location === 'path' || location === 'header' || location === 'cookie' || location === 'file-name'
}

function breaks(value: Value, tell: Tell): void {
  const { lower, document } = value
  if (value.text === value.name && /[\r\n]\s{0,4}\S/.test(lower)) return tell('name', SCORE.proof, 0, lower.length)
  let seen = 0
  for (let at = 0; at < lower.length && seen < BREAKS_MAX && !tell.done; at++) {
    const code = lower.charCodeAt(at)
    if (code !== 10 && code !== 13) continue
    seen++
    let next = at + 1
    while (next < lower.length && next < at + 8 && (lower.charCodeAt(next) === 10 || lower.charCodeAt(next) === 13))
      next++
    const first = seen === 1
    at = next - 1
    line(value, next, first, tell)
  }
  if (!document && singleLine(value) && seen > 0) tell('break', SCORE.strong, 0, lower.length)
}

function line(value: Value, at: number, first: boolean, tell: Tell): void {
  const { lower, document } = value
  const proof = document ? SCORE.weak : SCORE.proof
  const is = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    return pattern.test(lower)
  }
  if (is(START_LINE)) tell('start-line', proof, at, START_LINE.lastIndex, 'protocol')
  // Letters carry `Subject:` lines; a header field behind the first break of a short value splits an answer.
  if (is(FIELD)) tell('field', !document && first ? proof : SCORE.weak, at, FIELD.lastIndex)
  if (is(SMTP)) tell('smtp', proof, at, SMTP.lastIndex, 'mail')
  else if (is(IMAP)) tell('imap', proof, at, IMAP.lastIndex, 'mail')
  else if (is(POP)) tell('pop3', proof, at, POP.lastIndex, 'mail')
  else if (first && is(RECIPIENT))
    tell(
      'recipient',
      document ? SCORE.weak : /^\s{0,2}b?cc/.test(lower.slice(at, at + 5)) ? SCORE.proof : SCORE.strong,
      at,
      RECIPIENT.lastIndex,
      'mail',
    )
}

/** U+560D and U+560A lose their high byte where characters are cut to one, and become CR and LF. */
function folded({ lower }: Value, tell: Tell): void {
  const at = lower.search(/[\u560a\u560d]/)
  if (at < 0) return
  const rest = lower.slice(at).replace(/^[\u560a\u560d\s]{1,8}/, '')
  FIELD.lastIndex = 0
  if (FIELD.test(rest)) tell('folded-break', SCORE.proof, at, lower.length)
}
