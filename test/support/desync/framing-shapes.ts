/** Shapes around Content-Length and Transfer-Encoding. */
import { get, PLACE, post, reads, readsAndCloses, refuses, SMUGGLED, waits } from './shape.ts'
import type { Shape } from './shape.ts'

/** Ends at once for who reads chunks; holds another request for who counts bytes. */
const CL_TE = `0\r\n\r\n${SMUGGLED}`
/** One chunk that holds another request; for who counts four bytes it is the next one. */
const TE_CL = `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`

/** Fields that some readers take for `Transfer-Encoding: chunked` and others not. */
const CODINGS: readonly string[] = [
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunkedx',
  'Transfer-Encoding: chunke',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: 'chunked'",
  'Transfer-Encoding: chunked chunked',
  'Transfer-Encoding: chun ked',
  'Transfer-Encoding:',
  'Transfer-Encoding: \x0bchunked',
  'Transfer-Encoding: chunked\x0b',
  'Transfer-Encoding: \x0cchunked',
  'Transfer-Encoding: \xa0chunked',
  'Transfer-Encoding: chunked\xa0',
  'Transfer-Encoding: \0chunked',
  'Transfer-Encoding: chunked\0',
  'Transfer-Encoding: chunked\x7f',
  'Transfer-Encoding:\tchunked',
  'Transfer-Encoding: chunked\t',
  'Transfer-Encoding:\r\n chunked',
  'Transfer-Encoding:\r\n\tchunked',
  'Transfer-Encoding:\n chunked',
  'Transfer-Encoding: chunked\r\n identity',
  'Transfer-Encoding : chunked',
  'Transfer-Encoding\t: chunked',
  'Transfer-Encoding\0: chunked',
  'Transfer-Encoding\x0b: chunked',
  'Transfer-Encoding\xa0: chunked',
  ' Transfer-Encoding: chunked',
  '\tTransfer-Encoding: chunked',
  '\x0bTransfer-Encoding: chunked',
  'Transfer-Encoding\r\n: chunked',
  'Transfer\r\n-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'X: y\r\r\nTransfer-Encoding: chunked',
  '\nTransfer-Encoding: chunked',
  '\rTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\nX: y',
  'Transfer-Encoding: chunked\rX: y',
  'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\ntransfer-encoding: x',
  'Transfer-Encoding chunked',
  'Transfer-Encoding=chunked',
  'Transfer-Encoding:: chunked',
  'Transfer Encoding: chunked',
  'Transfer\xadEncoding: chunked',
  'Transfer-\u0045ncoding: \x01chunked',
]

/** Other names, though programs that read variables may think otherwise: they are dropped or passed on, and frame nothing. */
const OTHER_NAMES: readonly string[] = [
  'Transfer_Encoding: chunked',
  'X-Transfer-Encoding: chunked',
  'Transfer-Encodings: chunked',
  'Transfer--Encoding: chunked',
  'Transfer.Encoding: chunked',
  'X: Transfer-Encoding: chunked',
]

const LENGTHS: readonly (readonly [name: string, fields: string])[] = [
  ['twice, equal', 'Content-Length: 5\r\nContent-Length: 5'],
  ['twice, different', 'Content-Length: 0\r\nContent-Length: 5'],
  ['twice, in other letters', 'Content-Length: 5\r\ncontent-length: 0'],
  ['a list of equal ones', 'Content-Length: 5, 5'],
  ['a list of different ones', 'Content-Length: 0, 5'],
  ['signed plus', 'Content-Length: +5'],
  ['signed minus', 'Content-Length: -5'],
  ['minus zero', 'Content-Length: -0'],
  ['empty', 'Content-Length:'],
  ['blank', 'Content-Length:   '],
  ['hexadecimal', 'Content-Length: 0x5'],
  ['exponential', 'Content-Length: 5e0'],
  ['a fraction', 'Content-Length: 5.0'],
  ['grouped', 'Content-Length: 1_0'],
  ['two words', 'Content-Length: 5 5'],
  ['quoted', 'Content-Length: "5"'],
  ['with a parameter', 'Content-Length: 5;a=b'],
  ['wrapped', 'Content-Length:\r\n 5'],
  ['continued', 'Content-Length: 5\r\n 0'],
  ['above 2^64', 'Content-Length: 18446744073709551621'],
  ['above 2^53', 'Content-Length: 9007199254740997'],
  ['a digit that is none in ASCII', 'Content-Length: \xb5'],
  ['with NUL', 'Content-Length: 5\0'],
  ['with a vertical tab', 'Content-Length: \x0b5'],
  ['behind a space in the name', 'Content-Length : 5'],
  ['behind a bare line feed', 'X: y\nContent-Length: 5'],
  ['behind a bare carriage return', 'X: y\rContent-Length: 5'],
  ['folded under another field', 'X: y\r\n Content-Length: 5'],
]

export const FRAMING_SHAPES: readonly Shape[] = [
  refuses('CL.TE', post(`Content-Length: ${CL_TE.length}\r\nTransfer-Encoding: chunked`, CL_TE)),
  refuses('TE.CL', post(`Transfer-Encoding: chunked\r\nContent-Length: 4`, TE_CL)),
  refuses('CL.TE with an empty length', post('Content-Length:\r\nTransfer-Encoding: chunked', CL_TE)),
  refuses('CL.TE with a length of zero', post('Content-Length: 0\r\nTransfer-Encoding: chunked', CL_TE)),
  refuses('CL.TE on GET', get(`Content-Length: ${CL_TE.length}\r\nTransfer-Encoding: chunked`, CL_TE)),
  ...CODINGS.map((coding) =>
    refuses(`CL beside ${show(coding)}`, post(`Content-Length: ${CL_TE.length}\r\n${coding}`, CL_TE)),
  ),
  ...CODINGS.map((coding) => refuses(`${show(coding)} alone`, post(coding, TE_CL))),
  ...OTHER_NAMES.map((field) =>
    reads(`${field} frames nothing`, post(`Content-Length: ${CL_TE.length}\r\n${field}`, CL_TE), CL_TE),
  ),
  reads('chunked in other letters', post('tRANSFER-eNCODING: ChUnKeD', '1\r\nx\r\n0\r\n\r\n'), 'x'),
  reads('chunked between spaces', post('Transfer-Encoding:   chunked  ', '1\r\nx\r\n0\r\n\r\n'), 'x'),
  ...LENGTHS.map(([name, fields]) => refuses(`a length ${name}`, post(fields, `hello${SMUGGLED}`))),
  reads('a length with zeros before it', post('Content-Length: 0000005', 'hello'), 'hello'),
  reads('a length between spaces', post('Content-Length:   5  ', 'hello'), 'hello'),
  reads('Content_Length frames nothing', post('Content-Length: 5\r\nContent_Length: 0', 'hello'), 'hello'),
  waits('a length beyond what comes', post('Content-Length: 5000', 'hello')),
  waits('chunks that never end', post('Transfer-Encoding: chunked', '5\r\nhello\r\nfff\r\n')),
  reads('a request in a body', post(`Content-Length: ${SMUGGLED.length}`, SMUGGLED), SMUGGLED),
  reads('a request in a chunk', post('Transfer-Encoding: chunked', TE_CL), SMUGGLED),
  reads('GET with a body', get(`Content-Length: ${SMUGGLED.length}`, SMUGGLED), SMUGGLED),
  reads('GET with chunks', get('Transfer-Encoding: chunked', TE_CL), SMUGGLED),
  ...['HEAD', 'DELETE', 'OPTIONS', 'PATCH', 'PUT'].map((method) =>
    reads(
      `${method} with a body`,
      post(`Content-Length: ${SMUGGLED.length}`, SMUGGLED).replace('POST', method),
      SMUGGLED,
    ),
  ),
  refuses('TRACE with a body', post('Content-Length: 5', 'hello').replace('POST', 'TRACE')),
  reads('POST without a length', post('X: y'), ''),
  refuses('chunked in 1.0', post('Transfer-Encoding: chunked', TE_CL).replace('1.1', '1.0')),
  refuses(
    'chunked in 1.0, kept alive',
    post('Transfer-Encoding: chunked\r\nConnection: keep-alive', TE_CL).replace('1.1', '1.0'),
  ),
  refuses(
    'chunked and a length in 1.0',
    post(`Content-Length: ${CL_TE.length}\r\nTransfer-Encoding: chunked`, CL_TE).replace('1.1', '1.0'),
  ),
  readsAndCloses(
    '1.0 ends with its answer',
    post('Content-Length: 5', `hello${SMUGGLED}`).replace('1.1', '1.0'),
    'hello',
  ),
  reads('1.0 kept alive', post('Content-Length: 5\r\nConnection: keep-alive', 'hello').replace('1.1', '1.0'), 'hello'),
  readsAndCloses('nothing is read behind Connection: close', get('Connection: close', SMUGGLED), ''),
  readsAndCloses('nothing is read behind close in a list', get('Connection: x, Close', SMUGGLED), ''),
  readsAndCloses('close wins over keep-alive', get('Connection: keep-alive\r\nConnection: close', SMUGGLED), ''),
  reads('a request before the marker', `GET ${PLACE}/a HTTP/1.1\r\nHost: a\r\n\r\n`, ''),
]

function show(text: string): string {
  return JSON.stringify(text).slice(1, -1)
}
