import type { Notification } from '../../observe/alerts/incident.ts'
import type { DeployMessage } from './deploy-message.ts'

/** What waits in the outbox: facts, written for each kind of channel when they are sent. */
export type Letter =
  | { readonly kind: 'alert'; readonly notification: Notification }
  | { readonly kind: 'deploy'; readonly message: DeployMessage }

/** Null: written by a version that stored what was to be posted, as it was. */
export function letterOf(body: unknown): Letter | null {
  if (typeof body !== 'object' || body === null || !('letter' in body)) return null
  return body.letter as Letter
}
