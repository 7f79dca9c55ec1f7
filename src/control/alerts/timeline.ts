import type { IncidentRecord } from '../../observe/alerts/incident-record.ts'
import type { TimelineEntry } from '../../observe/alerts/incident.ts'
import type { DeployRecord } from '../../deploy/journal.ts'
import type { TrailRecord } from '../audit/trail.ts'

/** What happened so long before an incident may be its cause. */
const BEFORE_MS = 3_600_000
/** Entries that are shown. */
export const TIMELINE_MAX = 2_000

/** An incident's own entries between the deploys and the actions of its time, oldest first. */
export function timelineOf(
  incident: IncidentRecord,
  own: readonly TimelineEntry[],
  around: { readonly deploys: readonly DeployRecord[]; readonly trail: readonly TrailRecord[] },
): readonly TimelineEntry[] {
  const fromMs = incident.openedAtMs - BEFORE_MS
  const toMs = incident.resolvedAtMs ?? Number.POSITIVE_INFINITY
  const isOfItsTime = ({ atMs }: TimelineEntry): boolean => fromMs <= atMs && atMs <= toMs
  const deploys = around.deploys.flatMap(({ id, by, plan, startedAt, finishedAt, state }): TimelineEntry[] => {
    const deploy = { by, kind: 'deploy', deploy: id, release: plan.release.id } as const
    const begun: TimelineEntry = { ...deploy, atMs: startedAt, state: 'running' }
    return finishedAt === null ? [begun] : [begun, { ...deploy, atMs: finishedAt, state }]
  })
  const actions = around.trail
    // Deploys are there already; what concerns the incident itself, too.
    .filter(({ what }) => !what.startsWith('deploy.') && !what.startsWith('incident.'))
    .map(({ time, who, what }): TimelineEntry => ({ atMs: Date.parse(time), by: who, kind: 'action', method: what }))
  const all = [...own, ...[...deploys, ...actions].filter(isOfItsTime)]
  return all.toSorted((one, other) => one.atMs - other.atMs).slice(-TIMELINE_MAX)
}

/** Since when the deploys and actions of an incident are looked for. */
export function timelineFromMs({ openedAtMs }: IncidentRecord): number {
  return openedAtMs - BEFORE_MS
}
