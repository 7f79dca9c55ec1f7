import { sha256 } from '../../../core/canonical-json.ts'

export interface Mail {
  /** The same for every try: the Message-ID is made of it. */
  readonly id: string
  /** What it belongs to: mail programs show what has the same in one thread. */
  readonly thread: string
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly text: string
  readonly atMs: number
}

const SUBJECT_CHARACTERS_MAX = 200
const TEXT_CHARACTERS_MAX = 100_000
/** RFC 2047 allows 76 characters a line, the name of the header included; of UTF-8 in base64 these many bytes. */
const WORD_BYTES_MAX = 39

/** An address that goes into a command or a header as it is: whoever can write a line break into it writes commands. */
export function isAddress(text: string): boolean {
  return text.length <= 254 && /^[^\s<>@"(),:;\\[\]]+@[^\s<>@"(),:;\\[\]]+$/.test(text) && isAscii(text)
}

/** The message as RFC 5322 has it, with CRLF at the end of each line. */
export function mailText({ id, thread, from, to, subject, text, atMs }: Mail): string {
  const domain = from.split('@')[1]!
  const messageId = (of: string): string => `<${sha256(of).slice(0, 32)}@${domain}>`
  const headers = [
    `Date: ${new Date(atMs).toUTCString().replace('GMT', '+0000')}`,
    `From: Seaworthy <${from}>`,
    `To: ${to.map((address) => `<${address}>`).join(',\r\n ')}`,
    `Subject: ${headerText(subject)}`,
    `Message-ID: ${messageId(id)}`,
    `References: ${messageId(thread)}`,
    // No vacation notice answers it.
    'Auto-Submitted: auto-generated',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: base64',
  ]
  const body = Buffer.from(text.slice(0, TEXT_CHARACTERS_MAX).replaceAll(/\r?\n/g, '\r\n')).toString('base64')
  return [...headers, '', ...(body.match(/.{1,76}/g) ?? []), ''].join('\r\n')
}

/** One line, whatever a label holds; encoded words where it is not plain. */
function headerText(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is taken out
  const line = text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').slice(0, SUBJECT_CHARACTERS_MAX)
  if (isAscii(line) && !line.includes('=?') && line.length < 60) return line
  const words: string[] = []
  let word = ''
  for (const character of line) {
    if (Buffer.byteLength(word + character) > WORD_BYTES_MAX) {
      words.push(word)
      word = ''
    }
    word += character
  }
  return [...words, word].map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join('\r\n ')
}

function isAscii(text: string): boolean {
  return /^[\u0020-\u007e]*$/.test(text)
}
