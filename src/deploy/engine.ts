import { abortable } from './abortable.ts'
import type { CanaryProgress } from './canary.ts'
import type { Clock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/problem.ts'
import { explainSystem } from '../core/system-problem.ts'
import { passGate } from './gate.ts'
import { doneOperations, hasTraffic, type DeployRecord, type DeployState } from './journal.ts'
import type { JournalPoint, Operation, OperationKind, Plan } from './plan.ts'
import type { Proof } from './proof.ts'
import type { Release } from './release.ts'
import { passSmoke } from './smoke.ts'
import type { Target } from './target.ts'

/** These begin or end instances: what of it is still under way would go on behind the back of whoever undoes it. */
const ON_INSTANCES: ReadonlySet<OperationKind> = new Set(['stop', 'start', 'gate', 'retire'])
/** How long they are waited for when a deploy is interrupted. */
const LEFT_MS = 60_000

/** What the engine needs of control. Every call can be made again after a crash. */
export interface EngineControl {
  begin(plan: Plan): Promise<string>
  journal(deploy: string, point: JournalPoint): Promise<void>
  finish(deploy: string, state: DeployState, message: string | null): Promise<void>
  deploy(id: string): Promise<DeployRecord>
  /**
   * Begins switch, watch and drain in control, and reports what happens until control has nothing more to do. The signal ends
   * the reporting alone: never before control has begun.
   */
  rollOut(deploy: string, onEvent: (event: RolloutNews) => void, signal: AbortSignal): Promise<RolloutOutcome>
  takeBack(deploy: string, because: string, onEvent: (event: RolloutNews) => void): Promise<RolloutOutcome>
  /** Whether the release of a deploy is live, or control is still at work on making it so. */
  mayBeLive(deploy: string, release: string): Promise<boolean>
  /** Has a need of a release running and healthy; answers with what is to be told when an optional one is not. */
  ensureNeed(release: Release, need: string): Promise<string | null>
  /** Stops a live service for its next release; `reviveService` undoes it. */
  holdService(service: string): Promise<void>
  reviveService(service: string): Promise<void>
  /** Runs the hook `before`; resolves when it has succeeded. */
  runHook(deploy: string, plan: Plan): Promise<void>
  /** Releases whose files must stay. */
  keptReleases(): Promise<readonly Release[]>
}

export type RolloutNews =
  | { readonly kind: 'journal'; readonly operation: string; readonly point: 'begin' | 'end' }
  | {
      readonly kind: 'switched'
      readonly to: string
      readonly tookMs: number
      readonly workers: number
      readonly lastAckNs: number
    }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'canary'; readonly progress: CanaryProgress }

export interface RolloutOutcome {
  readonly outcome: 'switched' | 'inconclusive' | 'taken-back' | 'failed'
  readonly text: string
  /** Of the problem it failed with. @default none: a bug, or it did not fail */
  readonly code?: string
}

/** What happens, for whoever tells it: a terminal, a log, a program. */
export type DeployEvent =
  | { readonly kind: 'planned'; readonly deploy: string; readonly release: string; readonly operations: number }
  | { readonly kind: 'begun'; readonly operation: Operation }
  | { readonly kind: 'done'; readonly operation: Operation; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly operation: Operation; readonly message: string }
  | Exclude<RolloutNews, { readonly kind: 'journal' }>
  | { readonly kind: 'undone'; readonly text: string }

export interface Engine {
  readonly control: EngineControl
  readonly target: Target
  readonly clock: Clock
  readonly signal: AbortSignal
  /** Asked when everything before the switch is done: what it throws refuses the deploy, which is undone. */
  readonly beforeSwitch?: () => Promise<void>
  readonly onEvent: (event: DeployEvent) => void
  /** Called right after a journal point was written and synced. Tests crash here. */
  readonly onJournal?: (point: JournalPoint) => void
}

export interface DeployResult {
  readonly deploy: string
  readonly state: DeployState
  readonly message: string | null
  readonly proof: Proof | null
}

/** Executes a plan. Before the switch a failure undoes what was begun; the live release was never touched. */
export async function executePlan(plan: Plan, engine: Engine): Promise<DeployResult> {
  const deploy = await engine.control.begin(plan)
  engine.onEvent({ kind: 'planned', deploy, release: plan.release.id, operations: plan.operations.length })
  return continueDeploy(deploy, engine)
}

/**
 * Goes on with a deploy from its journal: operations whose end is written are not done again. Those on instances are, until
 * the switch: what was there may have ended since, and whoever was killed may have been undoing it.
 */
export async function continueDeploy(deploy: string, engine: Engine): Promise<DeployResult> {
  const { plan, journal, state } = await engine.control.deploy(deploy)
  if (state !== 'running') return alreadyEnded(deploy, engine)
  const done = doneOperations(journal)
  const isDone = ({ id, kind }: Operation): boolean =>
    done.has(id) && (hasTraffic(journal) || !(ON_INSTANCES.has(kind) || kind === 'smoke'))
  try {
    for (const operation of plan.operations) {
      if (operation.by !== 'cli' || isDone(operation) || operation.kind === 'retire') continue
      await perform(operation, deploy, plan, engine)
    }
    if (!hasTraffic(journal)) await readyToSwitch(engine)
  } catch (error) {
    return refuse(deploy, plan, error, engine)
  }
  // Resumed: whatever is wrong with them, nothing is undone any more.
  if (hasTraffic(journal)) await engine.target.tellGateways?.()
  const { outcome, text } = await rollOut(deploy, plan, engine)
  if (outcome === 'failed') return recover(deploy, plan, text, engine)
  if (outcome === 'taken-back') return settle(deploy, engine)
  return complete(deploy, plan, outcome === 'inconclusive' ? 'inconclusive' : 'done', engine)
}

/** Ends an interrupted deploy without its release: before the switch by undoing it, afterwards by going back. */
export async function abortDeploy(deploy: string, engine: Engine): Promise<DeployResult> {
  const { plan, journal, state } = await engine.control.deploy(deploy)
  if (state !== 'running') return alreadyEnded(deploy, engine)
  if (hasTraffic(journal) && plan.base.live !== null) {
    const { outcome, text } = await engine.control.takeBack(deploy, 'aborted by hand', forward(plan, engine))
    if (outcome !== 'taken-back') throw rolloutFailed(text)
    return settle(deploy, engine)
  }
  if (hasTraffic(journal) && (await engine.control.mayBeLive(deploy, plan.release.id))) {
    throw new Problem(
      'deploy.nothing-behind',
      `${deploy} was the first release and is live: there is nothing to go back to`,
      {
        hint: 'Run `seaworthy deploy --resume`, or `seaworthy stop`.',
      },
    )
  }
  await undo(plan, engine)
  await engine.control.finish(deploy, 'aborted', 'aborted by hand')
  await engine.target.tidy(plan.release, await engine.control.keptReleases())
  return settle(deploy, engine)
}

async function perform(operation: Operation, deploy: string, plan: Plan, engine: Engine): Promise<void> {
  engine.signal.throwIfAborted()
  const startedAt = engine.clock.now()
  engine.onEvent({ kind: 'begun', operation })
  await journal(deploy, operation, 'begin', engine)
  try {
    await seenThrough(act(operation, deploy, plan, engine), operation, engine)
  } catch (error) {
    engine.onEvent({ kind: 'failed', operation, message: messageOf(error) })
    throw error
  }
  await journal(deploy, operation, 'end', engine)
  engine.onEvent({ kind: 'done', operation, tookMs: engine.clock.now() - startedAt })
}

/**
 * Waits for an operation, but no longer than the signal allows. One on instances comes to its end first; to stop what is live,
 * which would end what is started again, at any price.
 */
async function seenThrough(work: Promise<void>, { id, kind }: Operation, engine: Engine): Promise<void> {
  const { signal, clock, onEvent } = engine
  if (!ON_INSTANCES.has(kind)) return abortable(work, signal)
  const tell = (): void => onEvent({ kind: 'note', text: `${messageOf(signal.reason)}: ${id} comes to its end first` })
  signal.addEventListener('abort', tell, { once: true })
  const over = new AbortController()
  try {
    await (kind === 'stop' ? work : abortable(work, signal))
  } catch (error) {
    await Promise.race([Promise.allSettled([work]), clock.sleep(LEFT_MS, over.signal).catch(() => {})])
    throw error
  } finally {
    over.abort()
    signal.removeEventListener('abort', tell)
  }
}

async function act(operation: Operation, deploy: string, plan: Plan, engine: Engine): Promise<void> {
  const { kind, service, need } = operation
  const { release, retires } = plan
  const { target, control, clock, signal } = engine
  const onNote = (text: string): void => engine.onEvent({ kind: 'note', text })
  switch (kind) {
    case 'need': {
      const lack = await control.ensureNeed(release, need!)
      return lack === null ? undefined : onNote(lack)
    }
    case 'hook':
      return control.runHook(deploy, plan)
    case 'prepare':
      return target.prepare(release, service!, onNote)
    case 'migrate':
      return target.migrate(release, service!, onNote)
    case 'stop':
      await control.holdService(service!)
      signal.throwIfAborted()
      return target.rest?.(plan.base.live!, service!)
    case 'start':
      return void (await target.start(release, service!))
    case 'gate':
      return passGate(await target.start(release, service!), {
        target,
        release,
        service: service!,
        clock,
        signal,
        onNote,
      })
    case 'smoke':
      return passSmoke({ target, release, signal, onNote, isStopped: (name) => isStopped(plan, name) })
    case 'retire':
      for (const retired of retires) await target.stop(retired, null)
      return forgetRested(plan, target)
    case 'canary':
    case 'switch':
    case 'watch':
    case 'drain':
      throw new Error(`${kind} is control's work`)
  }
}

/** Nothing of it is asked by a gate that others have. */
function isStopped({ operations }: Plan, service: string): boolean {
  const gates = operations.filter(({ kind }) => kind === 'gate')
  return gates.length > 0 && gates.every((gate) => gate.service !== service)
}

/** What made room, and could have come back as long as this release could still be taken back. */
async function forgetRested({ base, operations }: Plan, target: Target): Promise<void> {
  if (target.rest === undefined) return
  for (const { kind, service } of operations) if (kind === 'stop') await target.stop(base.live!, service)
}

async function refuse(deploy: string, plan: Plan, thrown: unknown, engine: Engine): Promise<DeployResult> {
  const error = explainSystem(thrown)
  await undo(plan, engine)
  const isRefusal = error instanceof Problem
  await engine.control.finish(deploy, isRefusal ? 'refused' : 'failed', messageOf(error))
  await engine.target.tidy(plan.release, await engine.control.keptReleases())
  throw error
}

/** Everything that was begun for the release goes; services stopped for it come back. */
async function undo(plan: Plan, engine: Engine): Promise<void> {
  if (plan.release.id !== plan.base.live && plan.release.id !== plan.base.warm)
    await engine.target.stop(plan.release.id, null)
  for (const { kind, service } of plan.operations) {
    if (kind !== 'stop') continue
    // A deploy that cannot end would stand in the way of the next one, which is what mends this.
    await engine.control.reviveService(service!).catch((error: unknown) => {
      engine.onEvent({ kind: 'note', text: `${service} could not be brought back: ${messageOf(error)}` })
    })
  }
  engine.onEvent({
    kind: 'undone',
    text: `everything begun for ${plan.release.id} was undone; ${plan.base.live ?? 'nothing'} is live`,
  })
}

/** The switch itself went wrong: back to what was live, or, for a first release, to nothing. */
async function recover(deploy: string, plan: Plan, because: string, engine: Engine): Promise<DeployResult> {
  engine.onEvent({ kind: 'note', text: `the rollout failed: ${because}` })
  if (plan.base.live !== null) {
    const { outcome, text } = await engine.control.takeBack(deploy, because, forward(plan, engine))
    if (outcome !== 'taken-back') throw rolloutFailed(text)
    return settle(deploy, engine)
  }
  // In this order: whoever is killed in between must not leave an open deploy without instances, which would be gone on with.
  await engine.control.finish(deploy, 'failed', because)
  await engine.target.stop(plan.release.id, null)
  throw new Problem('deploy.rollout-failed', because, {
    hint: 'Nothing is live. See `seaworthy logs --service control`.',
  })
}

function rolloutFailed(text: string): Problem {
  return new Problem('deploy.rollout-failed', text, {
    hint: 'Traffic stays where it is. See `seaworthy status`, then `seaworthy deploy --resume` or `seaworthy deploy --abort`.',
  })
}

/** What an interruption means once control has begun; any other error stays what it is. */
function leftToControl(deploy: string, error: unknown): unknown {
  if (!(error instanceof Problem) || error.code !== 'deploy.interrupted') return error
  return new Problem(
    'deploy.left-to-control',
    `${deploy} goes on without this command: control finishes or takes it back`,
    {
      hint: 'See `seaworthy status`; `seaworthy deploy --abort` takes it back at once.',
    },
  )
}

/** The last that is asked before control begins: an interruption until then undoes the deploy. */
async function readyToSwitch({ beforeSwitch, target, signal }: Engine): Promise<void> {
  await abortable(beforeSwitch?.() ?? Promise.resolve(), signal)
  await abortable(Promise.resolve(target.tellGateways?.()), signal)
  signal.throwIfAborted()
}

async function rollOut(deploy: string, plan: Plan, engine: Engine): Promise<RolloutOutcome> {
  try {
    return await engine.control.rollOut(deploy, forward(plan, engine), engine.signal)
  } catch (error) {
    throw leftToControl(deploy, error)
  }
}

async function complete(deploy: string, plan: Plan, state: DeployState, engine: Engine): Promise<DeployResult> {
  const { journal } = await engine.control.deploy(deploy)
  const retire = plan.operations.find(({ kind }) => kind === 'retire')!
  if (!doneOperations(journal).has(retire.id)) {
    await perform(retire, deploy, plan, engine).catch((error: unknown) => {
      // The release is live for good: control retires what is left, and ends the deploy.
      throw leftToControl(deploy, error)
    })
  }
  await engine.control.finish(deploy, state, null)
  await engine.target.tidy(null, await engine.control.keptReleases())
  return settle(deploy, engine)
}

/** Control has ended it, and may have left what it cannot do to instances itself. */
async function alreadyEnded(deploy: string, engine: Engine): Promise<DeployResult> {
  await engine.target.tidy(null, await engine.control.keptReleases())
  return settle(deploy, engine)
}

async function settle(deploy: string, engine: Engine): Promise<DeployResult> {
  const { state, message, proof, plan } = await engine.control.deploy(deploy)
  if (state === 'taken-back') await engine.target.tidy(plan.release, await engine.control.keptReleases())
  return { deploy, state, message, proof }
}

/** Tells control's steps in the same words as our own. */
function forward(plan: Plan, engine: Engine): (news: RolloutNews) => void {
  const begunAt = new Map<string, number>()
  return (news) => {
    if (news.kind !== 'journal') return engine.onEvent(news)
    const operation = plan.operations.find(({ id }) => id === news.operation)!
    if (news.point === 'begin') {
      begunAt.set(operation.id, engine.clock.now())
      engine.onEvent({ kind: 'begun', operation })
    } else {
      const tookMs = engine.clock.now() - (begunAt.get(operation.id) ?? engine.clock.now())
      engine.onEvent({ kind: 'done', operation, tookMs })
    }
    engine.onJournal?.(news)
  }
}

async function journal(deploy: string, { id }: Operation, point: 'begin' | 'end', engine: Engine): Promise<void> {
  await engine.control.journal(deploy, { operation: id, point })
  engine.onJournal?.({ operation: id, point })
}
