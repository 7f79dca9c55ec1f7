import type { DeployRecord } from '../../deploy/journal.ts'
import type { EnvironmentEvent } from '../api/contract.ts'
import type { Change } from '../api/health-methods.ts'
import type { TrailRecord } from '../audit/trail.ts'

/** How long before a change of the answer its causes are looked for. */
export const BEFORE_MS = 3_600_000
/** What is told of it at most. */
const CHANGES_MAX = 5
/** Of a deploy as a whole the deploy itself tells. */
const TOLD_BY_DEPLOY = /^(?:deploy|lease|instance|job|rollout|migration|need|roster|image|gateways)\./
/** Events that say what people are told, or what the answer became; and those of a deploy, which tells of itself. */
const CONSEQUENCES = /^(?:health|notif|alert|heartbeat|deploy)/

export interface Around {
  readonly deploys: readonly DeployRecord[]
  readonly trail: readonly TrailRecord[]
  readonly events: readonly EnvironmentEvent[]
}

/** What happened within BEFORE_MS before `sinceMs`, newest first: deploys always, of the rest the newest. */
export function changesBefore(sinceMs: number, { deploys, trail, events }: Around): readonly Change[] {
  const isWithin = ({ at }: Change): boolean => at <= sinceMs && at >= sinceMs - BEFORE_MS
  const deployed = deploys
    .map((deploy): Change => ({ at: deploy.startedAt, kind: 'deploy', text: deployText(deploy) }))
    .filter(isWithin)
    .slice(0, CHANGES_MAX)
  const others: readonly Change[] = [
    ...trail
      .filter(({ what }) => !TOLD_BY_DEPLOY.test(what))
      .map(({ time, who, what, outcome, subject }): Change => {
        const about = Object.values(subject).filter((value) => value !== null && value !== '')
        const text = [what, ...about].join(' ')
        return { at: Date.parse(time), kind: 'action', text: `${text} by ${who}: ${outcome}` }
      }),
    ...events
      .filter(({ kind }) => !CONSEQUENCES.test(kind))
      .map(({ at, kind, text }): Change => ({ at, kind: 'event', text: `${kind}: ${text.split('\n')[0]}` })),
  ]
  const newest = others
    .filter(isWithin)
    .toSorted((one, other) => other.at - one.at)
    .slice(0, CHANGES_MAX)
  return [...deployed, ...newest].toSorted((one, other) => other.at - one.at)
}

function deployText({ id, kind, plan, state, by, message, proof }: DeployRecord): string {
  const rotated = proof?.rotated === undefined ? '' : `, rotated ${proof.rotated.join(', ')}`
  return `${kind} ${id} to ${plan.release.id} by ${by}: ${state}${message === null ? rotated : `, ${message}`}`
}
