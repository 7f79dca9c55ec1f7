import type { SecurityEvent } from '../../guard/event.ts'

/** The counts of the limits cannot be reached, or can again: nobody's request. */
export function storeEvent(isLost: boolean, reason: string): SecurityEvent {
  return {
    kind: isLost ? 'store-lost' : 'store-back',
    atMs: Date.now(),
    client: '',
    correlationId: '',
    method: '',
    path: '',
    refused: false,
    class: null,
    score: 0,
    evidence: [],
    principal: null,
    reason,
  }
}
