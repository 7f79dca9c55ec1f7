import { existsSync } from 'node:fs'
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, Problem } from '../../../core/problem.ts'
import { joinWords } from '../../../core/words.ts'
import { scrubOf, type Scrub } from '../../../core/scrub.ts'
import type { ResolvedSmoke } from '../../../config/resolved.ts'
import { migrationId, type MigrationPhase, type MigrationRun } from '../../migration.ts'
import { filesMoved } from '../../moved.ts'
import { probeReady } from '../../probe.ts'
import type { Instance, Release } from '../../release.ts'
import { askSmoke, judgeSmoke } from '../../smoke-request.ts'
import { readSource } from '../../source.ts'
import { isReached, type Examination } from '../../diagnosis/evidence.ts'
import type { Diagnosis, Probe, Seen, Target } from '../../target.ts'
import { verdict } from '../../verdict.ts'
import { filesGone, isLeftToItsMaker, MAKING, makeArtifact, removeTree, takeArtifact } from './artifact.ts'
import { runCheck } from './check.ts'
import { diagnose } from './diagnose.ts'
import { listenersOf, listListeners } from './listeners.ts'
import { digestOf } from './made.ts'

export const BUILD_TIMEOUT_MS = 30 * 60_000
/** How long a worker without a check has to stay up to pass once. */
const ALIVE_MS = 1_000

/** What this target asks of the environment's control, under the deploy's lease. */
export interface Supervision {
  instances(): Promise<readonly Instance[]>
  start(release: string, service: string, secrets: Readonly<Record<string, string>>): Promise<readonly Instance[]>
  stop(release: string, service: string | null): Promise<void>
  runJob(job: {
    name: string
    argv: readonly string[]
    cwd: string
    env: Readonly<Record<string, string>>
    timeoutMs: number
    uses: { readonly release: string; readonly service: string } | null
  }): Promise<{
    ok: boolean
    description: string
    lastLines: readonly string[]
  }>
  cancelJob(name: string): Promise<void>
  lastLines(instance: string): Promise<readonly string[]>
  examine(instance: string): Promise<Examination>
  /** Expanding migrations that are done. */
  migrations(): Promise<readonly string[]>
  /** Runs a migration, or waits for the one that runs, to its end. */
  runMigration(order: {
    readonly release: string
    readonly service: string
    readonly phase: MigrationPhase
    readonly env: Readonly<Record<string, string>>
    readonly giveUpRollback: boolean
  }): Promise<MigrationRun>
  /** Ends what a release still rehearses, and waits for what it applies. */
  settleMigrations(release: string): Promise<void>
}

export interface ProcessTargetOptions {
  readonly projectFolder: string
  /** Absolute paths that are no part of a release wherever they lie. */
  readonly keptOut: readonly string[]
  readonly stateFolder: string
  /** The state folder of another environment of the project on this machine. @throws Problem where there is none */
  readonly stateFolderOf: (environment: string) => string
  readonly supervision: Supervision
  /** Environment of builds, migrations and checks, without a service's own variables. */
  readonly environment: Readonly<Record<string, string>>
  /** What builds get besides: how this machine reaches its registries. */
  readonly buildEnvironment: Readonly<Record<string, string>>
  /** The values of a service's secrets. */
  readonly secretsOf: (names: readonly string[]) => Readonly<Record<string, string>>
}

/** Instances as processes of this machine, kept by control. */
export class ProcessTarget implements Target {
  readonly #options: ProcessTargetOptions
  readonly #releases: string

  constructor(options: ProcessTargetOptions) {
    this.#options = options
    this.#releases = join(options.stateFolder, 'releases')
  }

  async prepare(release: Release, name: string): Promise<void> {
    const { projectFolder, keptOut, stateFolder, supervision, environment, buildEnvironment } = this.#options
    const service = release.config.services[name]!
    const job = `build:${name}@${release.id}`
    await supervision.cancelJob(job)
    await mkdir(this.#releases, { recursive: true, mode: 0o700 })
    const place = {
      service,
      name,
      releasesFolder: this.#releases,
      dataFolder: join(stateFolder, 'data'),
      // Fenced: whoever has lost the lease meanwhile is told so here. The build has ended by now.
      beforeSeal: () => supervision.cancelJob(job),
    }
    if (release.promoted !== undefined) {
      const artifact = release.artifacts[name]!
      const from = join(this.#options.stateFolderOf(release.promoted.environment), 'releases', artifact)
      return takeArtifact({ ...place, artifact, from, made: release.promoted.made[name]! })
    }
    const source = await readSource(projectFolder, service, keptOut)
    if (source.hash !== release.artifacts[name]) throw filesMoved(release, name, source)
    await makeArtifact({
      ...place,
      source,
      build: async (folder) => {
        const argv = service.build!
        const exit = await supervision.runJob({
          name: job,
          argv,
          cwd: folder,
          env: { ...environment, ...buildEnvironment, ...service.env },
          timeoutMs: BUILD_TIMEOUT_MS,
          uses: null,
        })
        if (exit.ok) return
        throw new Problem('deploy.build-failed', `the build of ${name} (\`${joinWords(argv)}\`) ${exit.description}`, {
          hint: 'Run the same command in a fresh copy of the files.',
          // Its environment has no secrets; a file that it reads may.
          details: exit.lastLines.map((line) => `| ${this.#scrubOf(name, release)(line)}`),
        })
      },
    })
  }

  async prepared(release: Release): Promise<readonly string[]> {
    const names = (await readdir(this.#releases).catch(() => [])).filter((name) => !name.startsWith(MAKING))
    const { promoted, artifacts } = release
    if (promoted === undefined) return names
    // Of a promoted release what counts is what came out of the build, not what went into it.
    const other = new Set<string>()
    for (const [name, made] of Object.entries(promoted.made)) {
      const artifact = artifacts[name]!
      if (names.includes(artifact) && (await this.#madeOf(release, name)) !== made) other.add(artifact)
    }
    return names.filter((name) => !other.has(name))
  }

  /** @throws Problem `promote.files-gone` */
  async made(release: Release): Promise<Readonly<Record<string, string>>> {
    const made: Record<string, string> = {}
    for (const name of Object.keys(release.artifacts)) {
      const folder = this.#folderOf(release, name)
      if (!existsSync(folder)) throw filesGone(name, folder)
      made[name] = await this.#madeOf(release, name)
    }
    return made
  }

  async migrate(release: Release, name: string, onLine: (line: string) => void): Promise<void> {
    if ((await this.#options.supervision.migrations()).includes(migrationId(release, name))) return
    const { rehearsal } = await this.#runMigration(release, name, { phase: 'expand', giveUpRollback: false })
    if (rehearsal !== null) onLine(`${name}: ${rehearsal.startsWith('no') ? rehearsal : `rehearsed ${rehearsal}`}`)
  }

  /**
   * Runs the contracting migration of a live release's service.
   * @throws Problem `migration.too-early` while an older release may return, unless `giveUpRollback`
   */
  contract(release: Release, name: string, giveUpRollback: boolean): Promise<MigrationRun> {
    return this.#runMigration(release, name, { phase: 'contract', giveUpRollback })
  }

  async #runMigration(
    release: Release,
    name: string,
    options: { readonly phase: MigrationPhase; readonly giveUpRollback: boolean },
  ): Promise<MigrationRun> {
    const { supervision, environment, secretsOf } = this.#options
    const { env: own, secrets } = release.config.services[name]!
    const env = { ...environment, NODE_ENV: 'production', ...own, RELEASE: release.id, ...secretsOf(secrets) }
    const run = await supervision.runMigration({ release: release.id, service: name, env, ...options })
    if (run.outcome === 'done') return run
    throw new Problem(run.code ?? 'migration.failed', run.message ?? `the ${run.phase} of ${name} failed`, {
      ...(run.hint === null ? {} : { hint: run.hint }),
      details: [...run.changes, ...run.lastLines.map((line) => `| ${line}`)],
    })
  }

  start(release: Release, name: string): Promise<readonly Instance[]> {
    const { supervision, secretsOf } = this.#options
    return supervision.start(release.id, name, secretsOf(release.config.services[name]!.secrets))
  }

  stop(release: string, service: string | null): Promise<void> {
    return this.#options.supervision.stop(release, service)
  }

  async probe(instance: Instance, release: Release): Promise<Probe> {
    const startedAt = performance.now()
    const took = (): number => performance.now() - startedAt
    const service = release.config.services[instance.service]!
    const now = (await this.#options.supervision.instances()).find(({ id }) => id === instance.id)
    if (now === undefined) return { kind: 'gone', because: 'it is not there any more', restarts: null }
    if (now.state === 'stopping') return { kind: 'gone', because: 'it is being stopped', restarts: null }
    if (now.pid === null)
      return { kind: 'gone', because: `the program ${now.lastExit ?? 'has ended'}`, restarts: now.restarts }
    const { ready, timeoutMs } = service.health
    if (ready.kind === 'command') {
      const env = {
        ...this.#options.environment,
        ...service.env,
        PORT: String(now.port ?? ''),
        INSTANCE: `check of ${instance.id}`,
      }
      const because = await runCheck(ready.argv, { cwd: this.#folderOf(release, instance.service), env, timeoutMs })
      return verdict(because, null, took())
    }
    if (now.port === null || ready.kind === 'alive') {
      const upMs = Date.now() - now.startedAt
      return verdict(upMs >= ALIVE_MS ? null : `up for ${upMs} ms only`, null, took())
    }
    const scrub = this.#scrubOf(instance.service, release)
    const endpoint = { host: now.host, port: now.port }
    const { because, look } = await probeReady(endpoint, service.health, service.routes.length > 0, scrub)
    const tookMs = took()
    return verdict(
      because ?? strangerOn(now, join(this.#options.stateFolder, 'instances', now.id)),
      look,
      tookMs,
      service.health.expect.body !== null,
    )
  }

  async smoke(instance: Instance, release: Release, smoke: ResolvedSmoke): Promise<string | null> {
    if (instance.port === null) return `${smoke.request.method} ${smoke.request.path}: the instance listens on nothing`
    const look = await askSmoke({ host: instance.host, port: instance.port }, smoke)
    return judgeSmoke(look, smoke, this.#scrubOf(instance.service, release))
  }

  async diagnose(instance: Instance, release: Release, seen: Seen, thorough: boolean): Promise<Diagnosis> {
    const { supervision } = this.#options
    const now = (await supervision.instances()).find(({ id }) => id === instance.id) ?? instance
    return diagnose({
      instance: now,
      release,
      seen,
      thorough,
      lastLines: await supervision.lastLines(instance.id),
      examination: await supervision.examine(instance.id),
      scrub: this.#scrubOf(instance.service, release),
    })
  }

  async tidy(release: Release | null, keep: readonly Release[]): Promise<void> {
    const { supervision } = this.#options
    for (const name of Object.keys(release?.config.services ?? {})) {
      await supervision.cancelJob(`build:${name}@${release!.id}`)
    }
    if (release !== null) await supervision.settleMigrations(release.id)
    const used = new Set(keep.flatMap(({ artifacts }) => Object.values(artifacts)))
    for (const name of await readdir(this.#releases).catch(() => [])) {
      if (used.has(name) || isLeftToItsMaker(name)) continue
      await removeTree(join(this.#releases, name)).catch((error: unknown) => {
        throw new Problem('artifact.not-removed', `${join(this.#releases, name)}: ${messageOf(error)}`)
      })
    }
  }

  #scrubOf(service: string, release: Release): Scrub {
    // Of a release to go back to, a secret may have no value any more.
    const values = Object.entries(this.#options.secretsOf(release.config.services[service]!.secrets))
    return scrubOf(Object.fromEntries(values.filter(([, value]) => value !== undefined)))
  }

  #madeOf(release: Release, service: string): Promise<string> {
    return digestOf(this.#folderOf(release, service), release.config.services[service]!.writable)
  }

  #folderOf(release: Release, service: string): string {
    return join(this.#releases, release.artifacts[service]!)
  }
}

/** A good answer counts only when this instance gave it: another program may hold the port, or share it. */
function strangerOn(instance: Instance, folder: string): string | null {
  const own = new Set(listenersOf({ ...instance, folder }).map(({ inode }) => inode))
  const there = listListeners().filter((listener) => listener.port === instance.port && isReached(listener))
  if (there.every(({ inode }) => own.has(inode))) return null
  return there.some(({ inode }) => own.has(inode))
    ? `port ${instance.port} is shared with another program`
    : `port ${instance.port} is answered by another program, not by this instance`
}
