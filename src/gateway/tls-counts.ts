/** What a worker's TLS listener has done since its start. */
export interface TlsCounts {
  /** Handshakes that succeeded. */
  readonly handshakes: number
  /** Of these, those that went on with an earlier session. */
  readonly resumed: number
  /** Of these, those that chose HTTP/2. */
  readonly http2: number
  /** Handshakes that failed: no common version, cipher or protocol, no TLS at all, or the client left. */
  readonly failed: number
  /** Handshakes that were not done in time. */
  readonly late: number
  /** Connections closed before a handshake: too many at once, or no certificate. */
  readonly refused: number
  /** HTTP/2 connections ended because of what their client did. */
  readonly abused: number
}

export const NO_TLS_COUNTS: TlsCounts = {
  handshakes: 0,
  resumed: 0,
  http2: 0,
  failed: 0,
  late: 0,
  refused: 0,
  abused: 0,
}

/** The sum of two; undefined where there is none. */
export function addTlsCounts(one: TlsCounts | undefined, other: TlsCounts | undefined): TlsCounts | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return {
    handshakes: one.handshakes + other.handshakes,
    resumed: one.resumed + other.resumed,
    http2: one.http2 + other.http2,
    failed: one.failed + other.failed,
    late: one.late + other.late,
    refused: one.refused + other.refused,
    abused: one.abused + other.abused,
  }
}
