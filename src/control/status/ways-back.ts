import type { DeployRecord } from '../../deploy/journal.ts'
import type { WayBack } from '../../promises/shown/recovery.ts'
import type { State } from '../state.ts'

/** Deploys that are looked through, the newest: state keeps no more of their events. */
const DEPLOYS_MAX = 100

/**
 * How long each way back to an earlier release took. Of a release that its watch took back: from the first bad answers until the old
 * one served again. Of a rollback that somebody asked for: from its beginning to its switch.
 */
export function waysBack(state: Pick<State, 'deploys' | 'rolloutEvents'>): readonly WayBack[] {
  return state.deploys(DEPLOYS_MAX).flatMap((deploy) => {
    const tookMs = takenBackMs(deploy) ?? rolledBackMs(deploy, state)
    return tookMs === null ? [] : [{ deploy: deploy.id, tookMs }]
  })
}

function takenBackMs({ state, proof }: DeployRecord): number | null {
  const watch = proof?.watch ?? null
  return state === 'taken-back' && watch?.verdict === 'breach' ? watch.detectedMs + watch.backMs : null
}

function rolledBackMs(deploy: DeployRecord, state: Pick<State, 'rolloutEvents'>): number | null {
  if (deploy.kind !== 'rollback' || deploy.state === 'running') return null
  const switched = state
    .rolloutEvents(deploy.id, 0)
    .find(({ event }) => event.kind === 'switched' && event.to === deploy.plan.release.id)
  return switched === undefined ? null : switched.at - deploy.startedAt
}
