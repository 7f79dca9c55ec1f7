import type { ResolvedApp, ResolvedService } from '../config/resolved.ts'
import { joinWords } from '../core/words.ts'
import { type Change, changesBetween } from './changes.ts'
import { planHash } from './plan-hash.ts'
import { notVerified } from './need-settings.ts'
import type { Release } from './release.ts'
import { usedNeeds, type NeedUse } from './used-needs.ts'
import { hasInstances, wantedInstances, type Scaled } from './wanted.ts'

export const OPERATION_KINDS = [
  'need',
  'hook',
  'prepare',
  'migrate',
  'stop',
  'start',
  'gate',
  'smoke',
  'canary',
  'switch',
  'watch',
  'drain',
  'retire',
] as const
export type OperationKind = (typeof OPERATION_KINDS)[number]

/** One step of a deploy. Each can be done again after a crash without harm. */
export interface Operation {
  /** `prepare:api`, `switch`. Unique in its plan. */
  readonly id: string
  readonly kind: OperationKind
  readonly service: string | null
  /** The need that an operation of kind `need` is about. */
  readonly need?: string
  /** Who does it: the CLI before traffic can reach the release and for cleaning up, control once it can. */
  readonly by: 'cli' | 'control'
  readonly because: string
}

export interface Downtime {
  readonly service: string
  readonly because: string
}

/** A deploy as a value: what will be done, why, and the world it was made for. */
export interface Plan {
  readonly kind: PlanKind
  /** What was live and running when the plan was made: `deploy` refuses when it no longer is. */
  readonly base: World
  readonly release: Release
  readonly operations: readonly Operation[]
  readonly changes: readonly Change[]
  readonly downtime: readonly Downtime[]
  /** Releases whose instances the last operation stops. */
  readonly retires: readonly string[]
  /** Who wrote it to a file for others to look at. */
  readonly by?: string
  /** sha256 over all of the above. */
  readonly hash: string
}

export const PLAN_KINDS = ['deploy', 'rollback', 'restart', 'rotate'] as const
export type PlanKind = (typeof PLAN_KINDS)[number]

export interface World {
  readonly live: string | null
  readonly warm: string | null
  /** The highest sequence number given out. */
  readonly sequence: number
}

export interface PlanInput {
  readonly kind: PlanKind
  readonly world: World
  readonly live: Release | null
  readonly next: Release
  /** The next release's instances are warm: nothing to prepare or to start, unless one of them has ended unnoticed. */
  readonly nextIsWarm: boolean
  /** Services whose expanding migration has not been applied for these files yet. */
  readonly migrates: readonly string[]
  /** Service → on what its migration is rehearsed, in words. */
  readonly rehearsals?: Readonly<Record<string, string>>
  /** Artifacts already in place. */
  readonly prepared: readonly string[]
  /** @default nothing has been scaled */
  readonly scaled?: Scaled
  /** Services that somebody has stopped: they stay so. @default none */
  readonly stopped?: readonly string[]
}

/** Decides what a deploy will do. Touches nothing. */
export function makePlan(input: PlanInput): Plan {
  const { kind, world, live, next } = input
  const changes = changesBetween(live, next)
  const retires = releasesToRetire(input)
  const operations = [
    ...hookBefore(input),
    ...(input.nextIsWarm ? gates(input) : bringUp(input)),
    ...smoke(next),
    ...canary(input),
    operation('switch', null, 'control', switchCause(input)),
    ...watch(input),
    ...(live
      ? [operation('drain', null, 'control', `requests in flight on ${live.id} may finish; its WebSockets move`)]
      : []),
    operation('retire', null, 'cli', retireCause(input, retires)),
  ]
  const plan = { kind, base: world, release: next, operations, changes, downtime: downtimeOf(input), retires }
  return { ...plan, hash: planHash(plan) }
}

/** A journal point: just after an operation's begin or end was written and synced. */
export interface JournalPoint {
  readonly operation: string
  readonly point: 'begin' | 'end'
}

/** Every point at which a crash can find this plan, in order. */
export function journalPoints(plan: Plan): readonly JournalPoint[] {
  return plan.operations.flatMap(({ id }) => [
    { operation: id, point: 'begin' as const },
    { operation: id, point: 'end' as const },
  ])
}

/**
 * True for a service that cannot run beside its own next release: the strategy says so, or it insists on a port where all
 * instances share one network. A container and a pod have ports of their own.
 */
export function isRecreated(service: ResolvedService, { strategy, target }: Rules): boolean {
  if (!hasInstances(service, { target })) return false
  return strategy === 'recreate' || (target === 'process' && service.port !== null)
}

type Rules = Pick<ResolvedApp, 'strategy' | 'target'>

function bringUp(input: PlanInput): Operation[] {
  const { live, next, migrates, prepared, rehearsals = {}, scaled = {}, stopped = [] } = input
  const services = Object.entries(next.config.services)
  const programs = services.filter(([, service]) => hasInstances(service, next.config))
  const running = programs.filter(([name]) => !stopped.includes(name))
  // On a machine control keeps what a service is started with, for when it is started again: it is told so by a start.
  const starts = next.config.target === 'process' ? programs : running
  const recreated = running.filter(([, service]) => isRecreated(service, next.config))
  const stops = live ? recreated.filter(([name]) => hasRun(live, name)) : []
  return [
    ...Object.entries(usedNeeds(next.config)).map(([need, use]) => needOperation(need, use, next)),
    ...services
      .filter(([name]) => !prepared.includes(next.artifacts[name] ?? ''))
      .map(([name, service]) => operation('prepare', name, 'cli', prepareCause(name, service, live, next))),
    ...migrates.map((name) => operation('migrate', name, 'cli', migrateCause(rehearsals[name]))),
    ...stops.map(([name, service]) => operation('stop', name, 'cli', recreateCause(service, next.config))),
    ...starts.map(([name]) => {
      const isStopped = stopped.includes(name)
      const cause = isStopped
        ? 'stopped on purpose: no instance'
        : startCause(wantedInstances(name, next.config, scaled))
      return operation('start', name, 'cli', cause)
    }),
    ...gates(input),
  ]
}

/** Also of what is warm: whoever goes back to instances that have ended, or hang, has ended the last that answered. */
function gates({ next, stopped = [] }: PlanInput): Operation[] {
  return Object.entries(next.config.services)
    .filter(([name, service]) => hasInstances(service, next.config) && !stopped.includes(name))
    .map(([name, { health }]) =>
      operation('gate', name, 'cli', `${health.passes} passes in a row from outside, before it takes traffic`),
    )
}

function hasRun({ config }: Release, name: string): boolean {
  const service = config.services[name]
  return service !== undefined && hasInstances(service, config)
}

/** First of all: what cannot be had is to be known before anything is built. */
function needOperation(need: string, { requiredBy, optionalFor }: NeedUse, { config }: Release): Operation {
  const wanted =
    requiredBy.length > 0
      ? `running and healthy: required by ${requiredBy.join(', ')}`
      : `optional for ${optionalFor.join(', ')}`
  const label = notVerified(config.needs[need]!, config.target)
  const because = label === null ? wanted : `${wanted}; ${label}`
  return { id: `need:${need}`, kind: 'need', service: null, need, by: 'cli', because }
}

/** Going back, and starting the same release again, must not wait for a check that may itself be what is broken. */
function hookBefore({ kind, next }: PlanInput): Operation[] {
  const { before } = next.config.hooks
  if (before === null || kind !== 'deploy') return []
  const because = `\`${joinWords(before)}\` has to succeed before anything is touched`
  return [{ id: 'hook:before', kind: 'hook', service: null, by: 'cli', because }]
}

function smoke(next: Release): Operation[] {
  const checks = next.config.smoke.length
  return checks === 0
    ? []
    : [operation('smoke', null, 'cli', `${checks} declared ${checks === 1 ? 'request' : 'requests'}`)]
}

/** A trial needs both releases side by side: none where a service of the old one has to make room. */
function canary({ kind, live, next }: PlanInput): Operation[] {
  const { strategy, watch: limits, canary: trial } = next.config
  if (strategy !== 'canary' || !isUntried(kind) || !live) return []
  if (loneServiceOf(next) !== undefined) return []
  const shares = trial.steps.map((share) => `${Number((share * 100).toPrecision(3))} %`).join(', ')
  const cause =
    `${shares} of the clients for ${trial.everyMs / 1000} s each and ${trial.sample} answers; more than ` +
    `${limits.errors * 100} % errors or ${limits.p95Ratio} x the p95 of ${live.id} in the same time takes it back`
  return [operation('canary', null, 'control', cause)]
}

function watch({ kind, live, next }: PlanInput): Operation[] {
  if (!live || kind === 'rollback') return []
  const { forMs, errors, p95Ratio } = next.config.watch
  const limits = `more than ${errors * 100} % errors or ${p95Ratio} x the p95 of ${live.id}`
  return [operation('watch', null, 'control', `for ${forMs / 1000} s; ${limits} takes it back`)]
}

function migrateCause(rehearsal: string | undefined): string {
  const cause = 'its expanding migration has not run for these files and variables'
  return rehearsal === undefined ? cause : `${cause}; ${rehearsal}`
}

function switchCause({ kind, live, next }: PlanInput): string {
  if (!live) return `first release: ${next.id} takes the traffic`
  const untried = isUntried(kind) && next.config.strategy === 'canary' ? loneServiceOf(next) : undefined
  const without = untried === undefined ? '' : `, without a trial: ${untried} cannot run beside its next release`
  return `all traffic from ${live.id} to ${next.id}${without}${keptExpands(live, next)}`
}

function keptExpands(live: Release, next: Release): string {
  const kept = live.migrationLevel - next.migrationLevel
  if (kept <= 0) return ''
  const what = kept === 1 ? '1 expanding migration is not undone' : `${kept} expanding migrations are not undone`
  return `; ${what}: it runs on the expanded schema`
}

/** The first service that cannot run beside its own next release. */
function loneServiceOf({ config }: Release): string | undefined {
  return Object.keys(config.services).find((name) => isRecreated(config.services[name]!, config))
}

/** What a refusal before the switch says of the live release. */
export function liveAfterRefusal(next: Release): string {
  const service = loneServiceOf(next)
  if (service === undefined) return 'The live release was not touched.'
  return `What was stopped of ${service} to make room comes back; nothing else of the live release was touched.`
}

/** Brings in what has not run before: new files, or another value of a secret. */
function isUntried(kind: PlanKind): boolean {
  return kind === 'deploy' || kind === 'rotate'
}

/**
 * A release that was rolled back, or replaced by itself, is of no use any more, and one with the old value of a secret
 * must not be; otherwise the old one stays warm.
 */
function releasesToRetire({ kind, world, live, next }: PlanInput): readonly string[] {
  const olds = kind === 'deploy' ? [world.warm] : kind === 'restart' ? [live?.id] : [live?.id, world.warm]
  return olds.filter((release) => typeof release === 'string' && release !== next.id) as string[]
}

function retireCause({ kind, live, next }: PlanInput, retires: readonly string[]): string {
  const stopped = retires.length > 0 ? `stop ${retires.join(', ')}` : 'nothing to stop'
  if (!live || kind !== 'deploy') return stopped
  return `${stopped}; ${live.id} stays warm for ${next.config.watch.warmMs / 1000} s`
}

function prepareCause(name: string, service: ResolvedService, live: Release | null, next: Release): string {
  const before = live?.artifacts[name]
  const { promoted } = next
  if (promoted !== undefined) return `as ${promoted.environment} runs it: copy what was built for ${promoted.release}`
  const why = before === undefined ? 'new' : before === next.artifacts[name] ? 'its folder is gone' : 'files changed'
  if (service.run.kind === 'image') return `${why}: have the image ${service.run.image}`
  return service.build ? `${why}: copy and build with \`${joinWords(service.build)}\`` : `${why}: copy`
}

function startCause(instances: number): string {
  return instances === 1 ? 'one instance' : `${instances} instances`
}

function recreateCause(service: ResolvedService, { target }: Rules): string {
  const hasOwnPorts = service.port === null || target !== 'process'
  return hasOwnPorts ? "strategy 'recreate'" : `it insists on port ${service.port}, so two cannot run at once`
}

function downtimeOf({ live, next, nextIsWarm, stopped = [] }: PlanInput): Downtime[] {
  if (!live || nextIsWarm) return []
  return Object.entries(next.config.services)
    .filter(([name, service]) => !stopped.includes(name) && isRecreated(service, next.config) && hasRun(live, name))
    .map(([name, service]) => ({
      service: name,
      because: `${recreateCause(service, next.config)}: it answers 503 from the stop of the old instance until the new one passes its gate`,
    }))
}

function operation(kind: OperationKind, service: string | null, by: Operation['by'], because: string): Operation {
  return { id: service === null ? kind : `${kind}:${service}`, kind, service, by, because }
}
