import type { ControlClient } from '../control/api/client.ts'
import { stateFolder } from '../config/check.ts'
import { resolveEnvironment } from '../config/resolve.ts'
import { baseEnvironment } from '../control/launch.ts'
import type { MigrationRun } from '../deploy/migration.ts'
import type { Release } from '../deploy/release.ts'
import type { Target } from '../deploy/target.ts'
import { ProcessTarget, type Supervision } from '../deploy/targets/process/target.ts'
import { buildEnvironment } from './build-environment.ts'
import { dockerTarget } from './docker/target.ts'
import { FOLLOW_MS } from './engine-ports.ts'
import { kubernetesTarget } from './kubernetes/target.ts'
import { whoAmI } from './lease.ts'
import type { Project } from './project.ts'
import type { SecretValues } from './secret-values.ts'

const LINES_SHOWN = 30
/** How often one asks whether a migration that changes the database has come to its end. */
const APPLYING_LOOK_MS = 200

/** What commands ask of a target: a deploy's port, contracting migrations, which no deploy runs, and what can be promoted. */
export interface CommandTarget extends Target {
  /** @throws Problem `migration.too-early` while an older release may return, unless `giveUpRollback` */
  contract(release: Release, service: string, giveUpRollback: boolean): Promise<MigrationRun>
  /**
   * Service → a digest of what it runs from, of a release that is live: with it another environment has the very same.
   * @throws Problem `promote.files-gone` `promote.not-running`
   */
  made(release: Release): Promise<Readonly<Record<string, string>>>
}

/** The target of a project's environment, working under a lease; token 0 can look but not touch. */
export function targetOf(
  project: Project,
  control: ControlClient,
  secrets: SecretValues | null,
  token: number,
): CommandTarget {
  switch (project.app.target) {
    case 'process':
      return processTarget(project, control, secrets, token)
    case 'docker':
      return dockerTarget(project, control, secrets, token)
    case 'kubernetes':
      return kubernetesTarget(project, control, secrets, token)
  }
}

function processTarget(
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
    // Refuses a name that the config does not have: it comes out of a plan.
    stateFolderOf: (name) =>
      stateFolder(project.checked, resolveEnvironment(project.checked, name).environment, project.folder),
    supervision,
    environment,
    buildEnvironment: buildEnvironment(process.env),
    secretsOf: (names) => secrets?.of(names) ?? {},
  })
}
