/** Why a message is not read any further. Each kind is one frozen object, so that refusing costs nothing. */

export interface Refusal {
  /** What a server answers before it closes the connection; for an upstream's message always 502. */
  readonly status: 400 | 413 | 414 | 417 | 431 | 501 | 502 | 505
  /** Stable: counters and events may be kept by it. */
  readonly code: string
  /** One sentence, fit for the sender to read. */
  readonly reason: string
}

function refusal(status: Refusal['status'], code: string, reason: string): Refusal {
  return Object.freeze({ status, code, reason })
}

export const BAD_REQUEST_LINE = refusal(400, 'request-line', 'The request line is not valid.')
export const BAD_TARGET = refusal(400, 'target', 'The request target is not valid.')
export const TARGET_TOO_LONG = refusal(414, 'target-too-long', 'The request target is too long.')
export const BAD_VERSION = refusal(400, 'version', 'The protocol version is not valid.')
export const OTHER_VERSION = refusal(505, 'other-version', 'Only HTTP/1.0 and HTTP/1.1 are spoken here.')
export const UNKNOWN_METHOD = refusal(501, 'unknown-method', 'This method is not implemented.')
export const BAD_LINE_END = refusal(400, 'line-end', 'A line must end with CR LF, and neither may stand alone.')
export const FOLDED_LINE = refusal(400, 'folded-line', 'A field may not be continued on the next line.')
export const BAD_FIELD_NAME = refusal(400, 'field-name', 'A field name is not valid.')
export const BAD_FIELD_VALUE = refusal(400, 'field-value', 'A field value holds a byte that may not stand there.')
export const TOO_MANY_FIELDS = refusal(431, 'too-many-fields', 'The head has too many fields.')
export const HEAD_TOO_LONG = refusal(431, 'head-too-long', 'The head is too long.')
export const NO_HOST = refusal(400, 'no-host', 'A request must have exactly one Host field.')
export const HOST_TWICE = refusal(400, 'host-twice', 'A request must have exactly one Host field.')
export const BAD_HOST = refusal(400, 'host', 'The Host field is not valid.')
export const LENGTH_TWICE = refusal(400, 'length-twice', 'Content-Length may stand only once.')
export const BAD_LENGTH = refusal(400, 'length', 'Content-Length is not valid.')
export const LENGTH_WITH_CODING = refusal(
  400,
  'length-with-coding',
  'Content-Length and Transfer-Encoding exclude each other.',
)
export const BAD_CODING = refusal(400, 'coding', 'The only transfer coding is chunked, once, in HTTP/1.1.')
export const BAD_CONNECTION = refusal(400, 'connection', 'The Connection field is not valid.')
export const OTHER_EXPECTATION = refusal(417, 'expectation', 'This expectation cannot be met.')
export const TRACE_WITH_BODY = refusal(400, 'trace-with-body', 'A TRACE request has no body.')

export const BAD_CHUNK_SIZE = refusal(400, 'chunk-size', 'A chunk size is not valid.')
export const BAD_CHUNK_EXTENSION = refusal(400, 'chunk-extension', 'A chunk extension is not valid.')
export const CHUNK_EXTENSION_TOO_LONG = refusal(400, 'chunk-extension-too-long', 'Chunk extensions are too long.')
export const BAD_CHUNK_END = refusal(400, 'chunk-end', 'The data of a chunk must end with CR LF.')
export const BAD_TRAILER = refusal(400, 'trailer', 'A trailer field is not valid.')
export const FORBIDDEN_TRAILER = refusal(400, 'forbidden-trailer', 'A trailer holds a field that may not stand there.')
export const TRAILER_TOO_LONG = refusal(431, 'trailer-too-long', 'The trailer is too long.')

export const BAD_STATUS_LINE = refusal(502, 'status-line', 'The status line of the answer is not valid.')
export const BAD_INTERIM = refusal(502, 'interim', 'An answer before the answer ends the connection.')
export const UNASKED_UPGRADE = refusal(502, 'unasked-upgrade', 'The answer switches protocols, which nobody asked for.')

const upstreams = new Map<Refusal, Refusal>()

/** The same fault in an upstream's message, for which its client is not to blame. */
export function asUpstreamFault(fault: Refusal): Refusal {
  if (fault.status === 502) return fault
  let found = upstreams.get(fault)
  if (found === undefined) {
    // One per constant above: a bounded number.
    found = refusal(502, fault.code, fault.reason)
    upstreams.set(fault, found)
  }
  return found
}
