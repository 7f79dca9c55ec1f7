import type { Contract, Method } from '../api/contract.ts'
import type { Subject } from './trail.ts'

/** Methods that change nothing. */
export const READING = [
  'status',
  'events',
  'health.look',
  'alerts.list',
  'incident.list',
  'incident.get',
  'counters',
  'lease.look',
  'release.get',
  'release.list',
  'migration.list',
  'deploy.get',
  'deploy.list',
  'instance.lines',
  'instance.list',
  'rollout.follow',
  'approval.list',
  'hook.look',
  'instance.examine',
  'need.check',
  'need.list',
  'roster.owed',
  'image.recorded',
  'gateways.known',
  'roster.probe',
  'scale.look',
  'migration.state',
  'migration.outlook',
  'migration.follow',
  'series.query',
  'series.range',
  'series.raw',
  'series.list',
  'series.newest',
  'promise.look',
  'logs.search',
  'logs.follow',
  'logs.around',
  'logs.stats',
  'traces.list',
  'traces.get',
] as const satisfies readonly Method[]

const READINGS = 'changes nothing; who looks is recorded once in a while: guard/readings-on-record.ts'

/** Methods whose doing is on record elsewhere, with the reason. */
export const ON_RECORD_ELSEWHERE = {
  'lease.renew': 'a heartbeat every few seconds of a lease whose taking is recorded',
  'lease.release': 'the end of what was recorded, or of what runs out by itself',
  'deploy.journal': 'the journal in state.db is itself the record',
  'job.cancel': 'the end of a job whose beginning is recorded',
  'roster.wanted': 'draws numbers; what is started with them is recorded',
  'errand.look': 'what a migration that is recorded waits for',
  'errand.end': 'a step of a migration that is recorded',
  'roster.smoke': 'a request of a deploy that is recorded',
  'guard.blocks': READINGS,
  'guard.events': READINGS,
  'guard.feeds': READINGS,
  'guard.limits': READINGS,
  'guard.metrics': READINGS,
  'guard.status': READINGS,
} as const satisfies Partial<Record<Method, string>>

/** Every other method: a new one does not compile until it stands here or above. */
export type RecordedMethod = Exclude<Method, (typeof READING)[number] | keyof typeof ON_RECORD_ELSEWHERE>

export interface Told {
  /** Null: whoever holds the lease. */
  readonly who: string | null
  readonly subject: Subject
}

/**
 * What the audit trail says of a call; null: nothing. `ok` is false for a call that was refused. Never the value of a
 * secret, nor anything that may hold one.
 */
type Describe<M extends Method> = (input: Contract[M]['input'], ok: boolean) => Told | null

export const RECORDED: { readonly [M in RecordedMethod]: Describe<M> } = {
  // Asked again and again while somebody else holds it.
  'lease.acquire': ({ holder, reason }, ok) => (ok ? { who: holder, subject: { reason } } : null),
  'migration.begin': ({ release, service, phase, by, giveUpRollback }) => ({
    who: by,
    subject: { release, service, phase, giveUpRollback },
  }),
  'migration.cancel': ({ release }) => byHolder({ release }),
  // A deploy that began, or ended, has a record of its own, which is written whoever is alive: see hooks/after-deploy.ts.
  'deploy.begin': ({ plan, by }, ok) =>
    ok ? null : { who: by, subject: { kind: plan.kind, release: plan.release.id, planHash: plan.hash } },
  'deploy.finish': ({ deploy, state }, ok) => (ok ? null : byHolder({ deploy, state })),
  'instance.start': ({ release, service }) => byHolder({ release, service }),
  'instance.stop': ({ release, service }) => byHolder({ release, service }),
  'hook.begin': ({ deploy, runner }) => ({ who: runner.by, subject: { deploy } }),
  'hook.end': ({ deploy, by, exit }) => ({ who: by, subject: { deploy, ended: exit.description } }),
  'job.run': ({ job }) => byHolder({ job: job.name }),
  'roster.put': ({ instances }) => byHolder({ instances: idsOf(instances.map(({ id }) => id)) }),
  'roster.admit': ({ ids }) => byHolder({ instances: idsOf(ids) }),
  'roster.leave': ({ release, service }) => byHolder({ release, service }),
  'roster.forget': ({ ids }) => byHolder({ instances: idsOf(ids) }),
  'gateways.seen': ({ names }) => byHolder({ gateways: idsOf(names) }),
  'image.record': ({ artifact, image }) => byHolder({ artifact, image }),
  'rollout.begin': ({ deploy }) => byHolder({ deploy }),
  'rollout.back': ({ deploy, because }) => byHolder({ deploy, because }),
  'environment.stop': ({ by = null }) => ({ who: by, subject: {} }),
  'service.stop': ({ service, held, by = null }) => ({ who: by, subject: { service, held } }),
  'service.start': ({ service, by = null }) => ({ who: by, subject: { service } }),
  'need.ensure': ({ release, need }) => byHolder({ release, need }),
  'need.variables': ({ release, service }) => byHolder({ release, service }),
  'need.host': ({ release, need, host }) => byHolder({ release, need, host }),
  'pause.begin': ({ kind, services, by }) => ({ who: by, subject: { kind, services: services?.join(', ') ?? 'all' } }),
  'pause.end': ({ by }) => ({ who: by, subject: {} }),
  'gateway.upgrade': ({ by }) => ({ who: by, subject: {} }),
  'canary.promote': ({ by }) => ({ who: by, subject: {} }),
  'canary.abort': ({ by }) => ({ who: by, subject: {} }),
  'service.scale': ({ counts, by }) => ({
    who: by,
    subject: Object.fromEntries(Object.entries(counts).map(([service, count]) => [service, count ?? 'auto'])),
  }),
  // Labels and reasons are the operator's own words.
  'alerts.silence': ({ matchers, forMs, reason, by }) => ({
    who: by,
    subject: { matchers: matchers.map(({ label, op, value }) => `${label}${op}${value}`).join(', '), forMs, reason },
  }),
  'alerts.unsilence': ({ silence, by }) => ({ who: by, subject: { silence } }),
  'alerts.test': ({ channel, by }) => ({ who: by, subject: { channel } }),
  'incident.acknowledge': ({ incident, by }) => ({ who: by, subject: { incident } }),
  'incident.resolve': ({ incident, cause, by }) => ({ who: by, subject: { incident, cause } }),
  'incident.note': ({ incident, by }) => ({ who: by, subject: { incident } }),
  // Its arguments may hold what nobody should read: the program's name has to do.
  'exec.prepare': ({ service, argv, by }) => ({ who: by, subject: { service, program: argv[0] ?? '' } }),
  // Neither of the two files: one of them is the key.
  'certificate.put': ({ source, by }) => ({ who: by, subject: { certificate: source.cert } }),
  'guard.block': ({ address, reason, forMs, by }) => ({ who: by, subject: { address, reason, forMs } }),
  'guard.unblock': ({ address, by }) => ({ who: by, subject: { address } }),
  // Neither path nor body: whoever tries an attack writes it there.
  'guard.check': ({ request, by }) => ({ who: by, subject: { method: request?.method ?? '' } }),
  'guard.reload': ({ url, by }) => ({ who: by, subject: { url } }),
  'approval.give': ({ plan, by }) => ({ who: by, subject: { planHash: plan.hash, release: plan.release.id } }),
  'approval.revoke': ({ hash, by }) => ({ who: by, subject: { planHash: hash } }),
}

/** A record is kept for ever: of many it tells a few. */
function idsOf(ids: readonly string[]): string {
  const told = ids.slice(0, 20).join(', ')
  return ids.length > 20 ? `${told} and ${ids.length - 20} more` : told
}

function byHolder(subject: Subject): Told {
  return { who: null, subject }
}
