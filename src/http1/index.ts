/** A strict HTTP/1.1 reader and writer over bytes (RFC 9112). It knows no sockets, no timers and no streams. */
export { dropSet } from './drop-set.ts'
export type { DropSet } from './drop-set.ts'
export { ANSWER_HEAD_BYTES_MAX, HEAD_BYTES_MAX, RequestReader, ResponseReader } from './head-reader.ts'
export { RequestHead, TARGET_BYTES_MAX } from './request-head.ts'
export { ResponseHead } from './response-head.ts'
export type { Asked, Framing } from './response-head.ts'
export { asUpstreamFault } from './refusal.ts'
export type { Refusal } from './refusal.ts'
