import { systemClock } from '../core/clock.ts'
import { messageOf, Problem } from '../core/problem.ts'
import type { ControlClient } from '../control/api/client.ts'
import { abortDeploy, continueDeploy, executePlan, type DeployResult, type Engine } from '../deploy/engine.ts'
import { hasTraffic } from '../deploy/journal.ts'
import type { JournalPoint, Plan } from '../deploy/plan.ts'
import type { Target } from '../deploy/target.ts'
import { engineControl } from './engine-ports.ts'
import { originOf } from './deploy-origin.ts'
import { hookPlace, type HookPlace } from './hooks/place.ts'
import { settleHooks } from './hooks/settle-hooks.ts'
import { tellHook } from './hooks/tell-hook.ts'
import { peersOf, withPeers } from './hosts/peers.ts'
import { takeLease } from './lease.ts'
import type { Narrator } from './narrate.ts'
import type { Project } from './project.ts'
import type { SecretValues } from './secret-values.ts'

export interface Deploying {
  readonly project: Project
  readonly control: ControlClient
  readonly secrets: SecretValues
  readonly narrator: Narrator
  readonly reason: string
  /** What runs the instances, working under the lease of a token; 0 can look but not touch. */
  readonly targetFor: (token: number) => Target
}

/**
 * Executes what `makePlan` decides, under the lease. A deploy that somebody left unfinished is settled first: undone before
 * its switch, completed after it. The plan is made when the world is known to be quiet.
 */
export async function deployUnderLease(
  deploying: Deploying,
  plan: (target: Target) => Promise<Plan | null>,
): Promise<DeployResult | null> {
  const result = await underLease(deploying, async (engine) => {
    await settleUnfinished(engine, deploying)
    const made = await plan(engine.target)
    if (made === null) {
      await settleOwed(engine)
      await bringHeldBack(engine, deploying)
      return null
    }
    deploying.narrator.plan(made)
    return executePlan(made, engine)
  })
  const { project, control, narrator } = deploying
  // Elsewhere this command has run it, and told of it.
  if (result !== null && project.app.target === 'process')
    await tellHook(control, result.deploy, (text) => narrator.note(text))
  return result
}

/**
 * What comes before a deploy, without one. What is held stays: where it cannot come back, it is the deploy that follows which
 * mends that, and it must get that far.
 */
export function settleUnderLease(deploying: Deploying, work?: () => Promise<void>): Promise<void> {
  return underLease(deploying, async (engine) => {
    await settleUnfinished(engine, deploying)
    await work?.()
    await settleOwed(engine)
  })
}

/** Goes on with the unfinished deploy. @throws Problem `deploy.nothing-unfinished` */
export function resumeUnderLease(deploying: Deploying): Promise<DeployResult> {
  return underLease(deploying, async (engine) => continueDeploy(await unfinished(deploying, engine), engine))
}

/** Undoes the unfinished deploy. @throws Problem `deploy.nothing-unfinished` */
export function abortUnderLease(deploying: Deploying): Promise<DeployResult> {
  return underLease(deploying, async (engine) => abortDeploy(await unfinished(deploying, engine), engine))
}

/** Hooks run behind the lease: whoever deploys next does not wait for them. */
async function underLease<T>(deploying: Deploying, work: (engine: Engine) => Promise<T>): Promise<T> {
  const place = hookPlace(deploying.project)
  let isGone = false
  try {
    return await holdingLease(deploying, place, work)
  } catch (error) {
    isGone = error instanceof Problem && error.code.startsWith('environment.')
    throw error
  } finally {
    if (place !== null && !isGone) await settleHooks(deploying.control, place, (text) => deploying.narrator.note(text))
  }
}

async function holdingLease<T>(
  deploying: Deploying,
  place: HookPlace | null,
  work: (engine: Engine) => Promise<T>,
): Promise<T> {
  const { project, control, secrets, narrator, reason, targetFor } = deploying
  const origin = originOf(project, secrets)
  await using lease = await takeLease(control, reason, (text) => narrator.event({ kind: 'note', text }))
  using interruption = onInterrupt()
  try {
    const target = targetFor(lease.token)
    const signal = AbortSignal.any([lease.signal, interruption.signal])
    const own = engineControl(control, lease.token, secrets, origin, target, { place, signal })
    const peers = peersOf(process)
    return await work({
      control: peers === null ? own : withPeers(own, peers),
      ...(peers === null ? {} : { beforeSwitch: () => peers.ready() }),
      target,
      clock: systemClock,
      signal,
      onEvent: (event) => narrator.event(event),
      onJournal: crashPoint(process.env['SEAWORTHY_CRASH_AT']),
    })
  } catch (error) {
    throw error instanceof Problem && error.code === 'environment.down' ? stoppedMeanwhile(error) : error
  }
}

function stoppedMeanwhile(cause: Problem): Problem {
  return new Problem('environment.down', 'the environment was stopped, or is gone, while this command was at work', {
    hint: 'Run `seaworthy up`. A deploy with the traffic then goes on by itself; `deploy --resume` or `--abort` settles one without.',
    cause,
  })
}

/** Ctrl-C before the switch undoes what was begun; afterwards control goes on alone. A second one ends us at once. */
function onInterrupt(): { readonly signal: AbortSignal } & Disposable {
  const controller = new AbortController()
  const abort = (): void => {
    process.off('SIGINT', abort)
    process.off('SIGTERM', abort)
    controller.abort(
      new Problem('deploy.interrupted', 'interrupted', {
        hint: 'Nothing of it is left; what was live still is.',
      }),
    )
  }
  process.on('SIGINT', abort)
  process.on('SIGTERM', abort)
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      process.off('SIGINT', abort)
      process.off('SIGTERM', abort)
    },
  }
}

async function settleUnfinished(engine: Engine, { control, narrator }: Deploying): Promise<void> {
  const { running } = await control.call('status', {})
  if (running === null) return
  const past = hasTraffic(running.journal)
  narrator.event({
    kind: 'note',
    text: `${running.id} was left unfinished: ${past ? 'completing it' : 'undoing it'} first`,
  })
  if (past) await continueDeploy(running.id, engine)
  else await abortDeploy(running.id, engine)
}

async function unfinished({ control }: Deploying, engine: Engine): Promise<string> {
  const { running, last } = await control.call('status', {})
  if (running !== null) return running.id
  await settleOwed(engine)
  throw new Problem(
    'deploy.nothing-unfinished',
    `there is no unfinished deploy${last ? `: ${last.id} is ${last.state}` : ''}`,
    {
      hint: 'Start one with `seaworthy deploy`.',
    },
  )
}

/** Control may have ended a deploy whose command was gone: what it may not do to instances itself is left for whoever comes. */
async function settleOwed({ control, target }: Engine): Promise<void> {
  await target.tidy(null, await control.keptReleases())
}

/** A deploy that was refused may have failed to bring back what had made room for it; no other release comes to replace that. */
async function bringHeldBack({ control: engine }: Engine, { control, narrator }: Deploying): Promise<void> {
  const { heldServices = [] } = await control.call('status', {})
  const failures: unknown[] = []
  for (const service of heldServices) {
    try {
      await engine.reviveService(service)
      narrator.note(`${service} is back: it had made room for a release that did not come`)
    } catch (error) {
      // The first is told by whoever ends with it.
      if (failures.push(error) > 1) narrator.note(`${service} could not be brought back: ${messageOf(error)}`)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** The drill of the journal: dies, as by `kill -9`, right after the named point (`start:api:end`) was written. */
function crashPoint(wanted: string | undefined): (point: JournalPoint) => void {
  return ({ operation, point }) => {
    if (wanted === `${operation}:${point}`) process.kill(process.pid, 'SIGKILL')
  }
}
