/** Alters messages the way attackers and broken programs do: by the grammar, and byte by byte. */
import type { Random } from '../random.ts'
import { field, textOf } from './messages.ts'
import type { Field, Message } from './messages.ts'

/** What one reader takes for nothing and another for something. */
const BLANKS = [
  ' ',
  '\t',
  '  ',
  '\0',
  '\x0b',
  '\x0c',
  '\xa0',
  '\x85',
  '\x7f',
  '\x01',
  '\r',
  '\n',
  '\r\n ',
  '\r\n\t',
  '\r\r\n',
  '',
]
const LINE_ENDS = [
  '\n',
  '\r',
  '\r\r\n',
  '\n\r\n',
  '\r\n\r\n',
  '\r\n ',
  '\r\n\t',
  '',
  '\r\n\r',
  '\0\r\n',
  ' \r\n',
  '\n\n',
  'X\n',
  '\x85',
]
const BETWEEN = [
  ':',
  ' : ',
  '\t: ',
  ':\t',
  ':: ',
  '\0: ',
  ': \x0b',
  ' ',
  '=',
  ':\r\n ',
  '\r\n: ',
  ':\n',
  ': \t ',
  '\xa0: ',
  '',
]
const HAZARDS: readonly (readonly [string, string])[] = [
  ['Content-Length', '0'],
  ['Content-Length', '5'],
  ['Content-Length', '+5'],
  ['Content-Length', '-1'],
  ['Content-Length', '5, 5'],
  ['Content-Length', '5,6'],
  ['Content-Length', '0x5'],
  ['Content-Length', '5 '],
  ['Content-Length', '5 5'],
  ['Content-Length', '05'],
  ['Content-Length', ''],
  ['Content-Length', '18446744073709551621'],
  ['Content-Length', '4294967301'],
  ['Content-Length', '9007199254740993'],
  ['Content-Length', '5e0'],
  ['Content_Length', '5'],
  ['Transfer-Encoding', 'chunked'],
  ['Transfer-Encoding', 'Chunked'],
  ['Transfer-Encoding', ' chunked\t'],
  ['Transfer-Encoding', 'chunked, identity'],
  ['Transfer-Encoding', 'identity, chunked'],
  ['Transfer-Encoding', 'gzip, chunked'],
  ['Transfer-Encoding', 'chunked, chunked'],
  ['Transfer-Encoding', 'chunked;a=b'],
  ['Transfer-Encoding', '"chunked"'],
  ['Transfer-Encoding', 'xchunked'],
  ['Transfer-Encoding', 'identity'],
  ['Transfer-Encoding', 'chunked\x0b'],
  ['Transfer-Encoding', '\x0bchunked'],
  ['Transfer-Encoding', 'chun ked'],
  ['Transfer-Encoding', 'chunke\u0064\0'],
  ['Transfer-Encoding', ''],
  ['Transfer-Encoding', ','],
  ['Transfer-Encoding', ',chunked'],
  ['Transfer_Encoding', 'chunked'],
  ['Transfer-Encoding ', 'chunked'],
  [' Transfer-Encoding', 'chunked'],
  ['X: y\nTransfer-Encoding', 'chunked'],
  ['X: y\rTransfer-Encoding', 'chunked'],
  ['Host', 'b'],
  ['Host', ''],
  ['Host', 'a b'],
  ['Host', 'a/b'],
  ['Host', 'u@a'],
  ['Host', 'a,b'],
  ['Connection', 'close'],
  ['Connection', 'host'],
  ['Connection', 'content-length'],
  ['Connection', 'transfer-encoding, keep-alive'],
  ['Connection', 'upgrade'],
  ['Connection', ',,'],
  ['Connection', 'a b'],
  ['Upgrade', 'h2c'],
  ['Upgrade', 'websocket'],
  ['Expect', '100-continue'],
  ['Expect', '100-Continue, x'],
  ['Expect', 'y'],
  ['', 'x'],
  ['a b', 'x'],
  ['a\0', 'x'],
  ['\xe9', 'x'],
]
const METHODS = [
  'get',
  'GETT',
  'GE',
  'CONNECT',
  'G\0T',
  'PRI',
  '',
  ' GET',
  'GET\t',
  'M-SEARCH',
  'QUERY',
  'PURGE',
  'LOCK',
]
const TARGETS = [
  '',
  '*',
  '/#x',
  '/ x',
  '/\tx',
  '/\0',
  '/\x7f',
  '//evil/',
  'http://',
  'http://u@a/',
  'http://b:1/x',
  'HTTP://b',
  'http:/a',
  'a:80',
  '?x',
  '/\xff',
  '/"<>\\^`{|}',
]
const VERSIONS = [
  'HTTP/1.0',
  'HTTP/1.2',
  'HTTP/2.0',
  'HTTP/0.9',
  'http/1.1',
  'HTTP/1.',
  'HTTP/1.1 ',
  'HTTP/1.10',
  'HTTP/1,1',
  '',
  'HTTP/11',
  'HTTP/3.1',
]
const STATUSES = [
  '99 X',
  '1000 X',
  '20 X',
  '200',
  '200X',
  '+20 X',
  '600 X',
  '999 X',
  '101 X',
  '204 X',
  '304 X',
  '103 X',
  '100 X',
  '200 O\0',
  '200\t',
  '',
]
const SIZES = [
  '0',
  '00',
  '5',
  'A',
  'a',
  '000000005',
  'ffffffff',
  '100000000',
  '5 ',
  ' 5',
  '+5',
  '-1',
  '0x5',
  '5;',
  '5; a',
  '5;a=',
  '5;a="',
  '5;a\n',
  'g',
  '',
  '5\t',
  '5,5',
]
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  '\t',
  ':',
  '0\r\n\r\n',
  '\r\n\r\n',
  'GET / HTTP/1.1\r\n',
  'chunked',
  ';',
  ',',
  '\xff',
  '\x80',
]

/** A stream of one to three messages, at most one of them sound in a stream that is altered at all. */
export function mutated(random: Random, make: (random: Random) => Message): string {
  const count = 1 + random.below(3)
  const messages = Array.from({ length: count }, () => make(random))
  if (random.chance(0.2)) return messages.map(textOf).join('')
  const altered = random.below(count)
  for (let times = 1 + random.below(3); times > 0; times--) alter(random, messages[altered]!)
  let text = messages.map(textOf).join('')
  if (random.chance(0.4)) for (let times = 1 + random.below(3); times > 0; times--) text = alterBytes(random, text)
  return text
}

/** One to three changes to a message by its grammar. */
export function alter(random: Random, message: Message): void {
  const { fields } = message
  const one: Field | undefined = fields[random.below(fields.length)]
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      fields.splice(random.below(fields.length + 1), 0, field(...random.pick(HAZARDS)))
      return
    case 3:
      if (one !== undefined) fields.splice(random.below(fields.length + 1), 0, { ...one })
      return
    case 4:
      if (one !== undefined) one.between = random.pick(BETWEEN)
      return
    case 5:
      if (one !== undefined) one.end = random.pick(LINE_ENDS)
      return
    case 6:
      if (one !== undefined) one.value = inserted(random, one.value, random.pick(BLANKS))
      return
    case 7:
      if (one !== undefined)
        one.name = random.chance(0.5) ? mangled(random, one.name) : inserted(random, one.name, random.pick(BLANKS))
      return
    case 8:
      return alterFirst(random, message)
    default:
      message.body = alterBody(random, message.body)
  }
}

function alterFirst(random: Random, message: Message): void {
  const { first } = message
  const place = random.below(first.length)
  const choices = first.length === 2 ? [VERSIONS, STATUSES] : [METHODS, TARGETS, VERSIONS]
  if (random.chance(0.8)) first[place] = random.pick(choices[place]!)
  else first[place] = inserted(random, first[place]!, random.pick(BLANKS))
}

function alterBody(random: Random, body: string): string {
  switch (random.below(5)) {
    case 0: {
      // A chunk's size, if there are chunks.
      const sizes = [...body.matchAll(/(^|\r\n)([0-9a-fA-F]+)(?=[;\r])/g)]
      if (sizes.length === 0) return random.pick(SIZES) + '\r\n' + body
      const { index, 1: before, 2: size } = random.pick(sizes)
      const start = index + before!.length
      return body.slice(0, start) + random.pick(SIZES) + body.slice(start + size!.length)
    }
    case 1:
      return body.slice(0, random.below(body.length + 1))
    case 2:
      return body + random.pick(PIECES)
    case 3: {
      // The end of any line: of a size, of a chunk's data, of the trailer.
      const ends = [...body.matchAll(/\r\n/g)]
      if (ends.length === 0) return body
      const { index } = random.pick(ends)
      return body.slice(0, index) + random.pick(LINE_ENDS) + body.slice(index + 2)
    }
    default:
      return body.replace(/0\r\n\r\n$/, () => `0\r\n${random.pick(HAZARDS).join(': ')}\r\n\r\n`)
  }
}

function alterBytes(random: Random, text: string): string {
  const at = random.below(text.length + 1)
  const length = random.below(8)
  switch (random.below(6)) {
    case 0:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + 1)
    case 1:
      return text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at)
    case 2:
      return text.slice(0, at) + text.slice(at + length)
    case 3:
      return text.slice(0, at) + text.slice(at, at + length) + text.slice(at)
    case 4:
      return text.slice(0, at) + random.pick(PIECES) + text.slice(at)
    default:
      return text.slice(0, at)
  }
}

function inserted(random: Random, text: string, piece: string): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + piece + text.slice(at)
}

function mangled(random: Random, name: string): string {
  let text = ''
  for (const letter of name) text += random.chance(0.5) ? letter.toUpperCase() : letter.toLowerCase()
  return text.replace('-', () => (random.chance(0.2) ? '_' : '-'))
}
