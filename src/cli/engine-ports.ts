import type { ControlClient } from '../control/api/client.ts'
import { messageOf, Problem } from '../core/problem.ts'
import type { EngineControl, RolloutNews, RolloutOutcome } from '../deploy/engine.ts'
import { abortable } from '../deploy/abortable.ts'
import type { Target } from '../deploy/target.ts'
import { bringCertificate, better } from './hosted/certificate.ts'
import { whoAmI } from './lease.ts'
import type { DeployOrigin } from '../control/api/hooks-methods.ts'
import { runBeforeHook, type BeforeHook } from './hooks/before-hook.ts'
import type { SecretValues } from './secret-values.ts'

/** How long one waits in one call for what control tells next. */
export const FOLLOW_MS = 5_000

/** The engine's view of control, under one lease. */
export function engineControl(
  control: ControlClient,
  token: number,
  secrets: SecretValues,
  origin: DeployOrigin,
  target: Pick<Target, 'provide' | 'settle' | 'tellGateways' | 'keepTable'>,
  hooks: Pick<BeforeHook, 'place' | 'signal'>,
): EngineControl {
  const follow = async (
    deploy: string,
    after: number,
    onNews: (news: RolloutNews) => void,
    signal?: AbortSignal,
  ): Promise<Followed> => {
    let last = after
    let outcome: RolloutOutcome | null = null
    for (;;) {
      const asked = control.call('rollout.follow', { deploy, after: last, waitMs: FOLLOW_MS })
      const { events, settled } = await (signal === undefined ? asked : abortable(asked, signal))
      for (const { sequence, event } of events) {
        last = sequence
        if (event.kind === 'settled') {
          const { outcome: ended, text, code } = event
          outcome = { outcome: ended, text, ...(code === undefined ? {} : { code }) }
        } else onNews(event)
      }
      if (settled && outcome !== null) return { ...outcome, last }
      if (settled) throw new Problem('deploy.rollout-failed', `control has nothing to do for ${deploy}, and no outcome`)
    }
  }
  /** What is kept of the table in force is no part of the deploy, which goes on without it. */
  const settled = async (ends: Promise<Followed>, onNews: (news: RolloutNews) => void): Promise<Followed> => {
    const outcome = await ends
    await target.keepTable?.().catch((error: unknown) => {
      onNews({
        kind: 'note',
        text: `the table is not kept for gateways that start without control: ${messageOf(error)}`,
      })
    })
    return outcome
  }
  return {
    begin: async (plan) => {
      const unread = await bringCertificate(plan.release.config, control)
      try {
        return (await control.call('deploy.begin', { token, plan, by: whoAmI(), origin })).deploy
      } catch (error) {
        throw better(error, unread)
      }
    },
    journal: async (deploy, { operation, point }) => {
      await control.call('deploy.journal', { token, deploy, operation, point })
    },
    finish: async (deploy, state, message) => {
      await control.call('deploy.finish', { token, deploy, state, message })
    },
    deploy: async (id) => (await control.call('deploy.get', { deploy: id })).deploy!,
    rollOut: async (deploy, onNews, signal) => {
      // Whether control has heard it could not be told by one who does not wait.
      await control.call('rollout.begin', { token, deploy })
      const first = await settled(follow(deploy, 0, onNews, signal), onNews)
      // One that has gone meanwhile was waited for in vain: without it the same switch may go through.
      if (first.code !== 'gateway.not-acknowledged' || !(await target.tellGateways?.())) return first
      onNews({ kind: 'note', text: `${first.text}: it is gone by now, so once more` })
      await control.call('rollout.begin', { token, deploy })
      return settled(follow(deploy, first.last, onNews, signal), onNews)
    },
    takeBack: async (deploy, because, onNews) => {
      const { events } = await control.call('rollout.follow', { deploy, after: 0, waitMs: 0 })
      await control.call('rollout.back', { token, deploy, because })
      return settled(follow(deploy, events.at(-1)?.sequence ?? 0, onNews), onNews)
    },
    mayBeLive: async (deploy, release) => {
      // In this order: what settles in between is then seen as live.
      const { settled: isSettled } = await control.call('rollout.follow', { deploy, after: 0, waitMs: 0 })
      return !isSettled || (await control.call('status', {})).world.live === release
    },
    ensureNeed: async (release, need) => {
      const { url } = release.config.needs[need]!
      await target.provide?.(release, need)
      const value = url === null ? null : (secrets.of([url])[url] ?? null)
      return (await control.call('need.ensure', { token, release: release.id, need, url: value })).lack
    },
    holdService: async (service) => {
      await control.call('service.stop', { service, held: true, token })
    },
    reviveService: async (service) => {
      const start = () => control.call('service.start', { service, token })
      await start().catch(async (error: unknown) => {
        if (!(error instanceof Problem) || error.code !== 'instance.owed' || target.settle === undefined) throw error
        await target.settle()
        await start()
      })
    },
    runHook: (deploy, plan) =>
      runBeforeHook({ control, token, deploy, plan, by: whoAmI(), folder: origin.folder, ...hooks }),
    keptReleases: async () => (await control.call('release.list', { onceLive: false })).releases,
  }
}

interface Followed extends RolloutOutcome {
  /** Sequence number of the last event. */
  readonly last: number
}
