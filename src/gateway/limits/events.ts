import type { SecurityEvent } from '../../guard/event.ts'

/** The counts of the limits cannot be reached, or can again: nobody's request. */
export function storeEvent(isLost: boolean, reason: string): SecurityEvent {
  return { ...NOBODY, kind: isLost ? 'store-lost' : 'store-back', atMs: Date.now(), reason }
}

/** A connection was not let in: nothing has been read of it. */
export function connectionEvent(client: string): SecurityEvent {
  const reason = 'as many connections as one client may hold'
  return { ...NOBODY, kind: 'connections', atMs: Date.now(), client, refused: true, reason }
}

const NOBODY = {
  client: '',
  correlationId: '',
  method: '',
  path: '',
  refused: false,
  class: null,
  score: 0,
  evidence: [],
  principal: null,
} as const
