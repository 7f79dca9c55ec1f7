import type { ControlClient } from '../control/api/client.ts'
import { baseEnvironment } from '../control/launch.ts'
import { Problem } from '../core/problem.ts'
import type { EngineControl, RolloutNews, RolloutOutcome } from '../deploy/engine.ts'
import { ProcessTarget, type Supervision } from '../deploy/targets/process/target.ts'
import { whoAmI } from './lease.ts'
import type { DeployOrigin } from '../control/api/hooks-methods.ts'
import { runBeforeHook } from './before-hook.ts'
import { buildEnvironment } from './build-environment.ts'
import type { Project } from './project.ts'
import type { SecretValues } from './secret-values.ts'

const FOLLOW_MS = 5_000
const LINES_SHOWN = 30
/** How often one asks whether a migration that changes the database has come to its end. */
const APPLYING_LOOK_MS = 200

/** The engine's view of control, under one lease. */
export function engineControl(
  control: ControlClient,
  token: number,
  secrets: SecretValues,
  origin: DeployOrigin,
): EngineControl {
  const follow = async (
    deploy: string,
    after: number,
    onNews: (news: RolloutNews) => void,
  ): Promise<RolloutOutcome> => {
    let last = after
    let outcome: RolloutOutcome | null = null
    for (;;) {
      const { events, settled } = await control.call('rollout.follow', { deploy, after: last, waitMs: FOLLOW_MS })
      for (const { sequence, event } of events) {
        last = sequence
        if (event.kind === 'settled') outcome = { outcome: event.outcome, text: event.text }
        else onNews(event)
      }
      if (settled && outcome !== null) return outcome
      if (settled) throw new Problem('deploy.rollout-failed', `control has nothing to do for ${deploy}, and no outcome`)
    }
  }
  return {
    begin: async (plan) => (await control.call('deploy.begin', { token, plan, by: whoAmI(), origin })).deploy,
    journal: async (deploy, { operation, point }) => {
      await control.call('deploy.journal', { token, deploy, operation, point })
    },
    finish: async (deploy, state, message) => {
      await control.call('deploy.finish', { token, deploy, state, message })
    },
    deploy: async (id) => (await control.call('deploy.get', { deploy: id })).deploy!,
    rollOut: async (deploy, onNews) => {
      await control.call('rollout.begin', { token, deploy })
      return follow(deploy, 0, onNews)
    },
    takeBack: async (deploy, because, onNews) => {
      const { events } = await control.call('rollout.follow', { deploy, after: 0, waitMs: 0 })
      await control.call('rollout.back', { token, deploy, because })
      return follow(deploy, events.at(-1)?.sequence ?? 0, onNews)
    },
    ensureNeed: async (release, need) => {
      const { url } = release.config.needs[need]!
      const value = url === null ? null : (secrets.of([url])[url] ?? null)
      return (await control.call('need.ensure', { token, release: release.id, need, url: value })).lack
    },
    holdService: async (service) => {
      await control.call('service.stop', { service, held: true, token })
    },
    reviveService: async (service) => {
      await control.call('service.start', { service, token })
    },
    runHook: (deploy, plan) => runBeforeHook({ control, token, deploy, plan, by: whoAmI(), folder: origin.folder }),
    keptReleases: async () => (await control.call('release.list', { onceLive: false })).releases,
  }
}

/** The process target of a project, working under a lease; token 0 can look but not touch. */
export function processTarget(
  project: Project,
  control: ControlClient,
  secrets: SecretValues | null,
  token: number,
): ProcessTarget {
  const supervision: Supervision = {
    instances: async () => (await control.call('instance.list', {})).instances,
    start: async (release, service, values) =>
      (await control.call('instance.start', { token, release, service, secrets: values })).instances,
    stop: async (release, service) => {
      await control.call('instance.stop', { token, release, service })
    },
    runJob: async (job) => (await control.call('job.run', { token, job })).exit,
    cancelJob: async (name) => {
      await control.call('job.cancel', { token, name })
    },
    lastLines: async (name) => (await control.call('instance.lines', { name, count: LINES_SHOWN })).lines,
    examine: async (name) => (await control.call('instance.examine', { name })).examination,
    migrations: async () => (await control.call('migration.list', {})).migrations,
    runMigration: async (order) => {
      let { run } = await control.call('migration.begin', { token, by: whoAmI(), ...order })
      while (run.outcome === 'running')
        ({ run } = await control.call('migration.follow', { id: run.id, waitMs: FOLLOW_MS }))
      return run
    },
    settleMigrations: async (release) => {
      while (!(await control.call('migration.cancel', { token, release })).idle)
        await new Promise((resolve) => setTimeout(resolve, APPLYING_LOOK_MS))
    },
  }
  const { NODE_ENV: _, ...environment } = baseEnvironment(process.env['PATH'] ?? '/usr/bin:/bin')
  return new ProcessTarget({
    projectFolder: project.folder,
    keptOut: project.keptOut,
    stateFolder: project.stateFolder,
    supervision,
    environment,
    buildEnvironment: buildEnvironment(process.env),
    secretsOf: (names) => secrets?.of(names) ?? {},
  })
}
