import { SCORE } from '../../detector.ts'
import type { RequestDetector, RequestFacts } from '../../request-detector.ts'

/** What the reader found that two readers of one body would take differently. */
const FAULTS: Readonly<Record<string, number>> = {
  'multipart.no-boundary': SCORE.proof,
  'multipart.no-part': SCORE.strong,
  'multipart.no-end': SCORE.strong,
  // Some read on: PHP takes the line that ends for one of the preamble.
  'multipart.after-end': SCORE.proof,
  'multipart.odd-border': SCORE.proof,
  'multipart.preamble': SCORE.weak,
  'multipart.boundary-line': SCORE.strong,
  'multipart.bare-lf': SCORE.weak,
  'multipart.head': SCORE.proof,
  'multipart.header-line': SCORE.proof,
  'multipart.two-dispositions': SCORE.proof,
  'multipart.no-disposition': SCORE.strong,
  'multipart.two-names': SCORE.proof,
}
/** Header fields RFC 7578 knows in a part. */
const FIELDS = new Set(['content-disposition', 'content-type', 'content-transfer-encoding'])
/** Sets in which a byte below 128 is always the letter it looks like. */
const PLAIN_CHARSET = /charset\s{0,4}=\s{0,4}["']?(?:utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d|koi8-[ru])\b/i
/** The form's own field that says in which characters the rest is. */
const CHARSET_FIELD = '_charset_'
const UTF8_LIKE = /^(?:utf-?8|us-ascii|iso-8859-\d{1,2}|windows-125\d)$/i

/** Multipart bodies that are read differently by different readers: faults of form, hidden sets of characters, odd names. */
export const multipartDetector: RequestDetector = {
  name: 'multipart',
  body(facts, report) {
    const { body } = facts
    if (body?.format !== 'multipart') return
    const say = (rule: string, score: number, name: string, excerpt: string): void =>
      report({ class: 'multipart', rule: `multipart.${rule}`, score, location: 'multipart', name, excerpt })
    for (const fault of body.faults) {
      const score = FAULTS[fault]
      if (score !== undefined) say(fault.slice('multipart.'.length), score, '', fault)
    }
    for (const part of body.parts) {
      const name = part.name ?? ''
      // A name that holds the grammar's own signs was meant for a reader with another grammar; file names may hold anything.
      if (/[;="\\]/.test(name)) say('name', SCORE.proof, name, name)
      for (let index = 0; index + 1 < part.headers.length; index += 2) {
        const field = part.headers[index]!.toLowerCase()
        const value = part.headers[index + 1]!
        if (!FIELDS.has(field)) say('field', SCORE.weak, name, field)
        if (field === 'content-type' && /charset/i.test(value) && !PLAIN_CHARSET.test(value))
          say('charset', SCORE.proof, name, value)
        // Given up by RFC 7578 §4.7; readers that still decode it see what nobody judged.
        if (field === 'content-transfer-encoding' && !/^(?:7bit|8bit|binary)$/i.test(value.trim()))
          say('transfer-encoding', part.fileName === null ? SCORE.proof : SCORE.weak, name, value)
      }
    }
    charsetField(facts, say)
  },
}

function charsetField(
  facts: RequestFacts,
  say: (rule: string, score: number, name: string, excerpt: string) => void,
): void {
  for (let index = 0; index < facts.count; index++) {
    if (facts.nameAt(index) !== CHARSET_FIELD) continue
    const value = facts.textAt(index).trim()
    if (value !== '' && !UTF8_LIKE.test(value)) say('charset', SCORE.proof, CHARSET_FIELD, value)
  }
}
