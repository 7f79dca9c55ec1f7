import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import { Problem } from '../../core/problem.ts'
import type { Release } from '../../deploy/release.ts'
import type { ExecContext } from '../api/scale-methods.ts'
import { baseEnvironment } from '../launch.ts'
import type { SecretFiles, Secrets } from '../secrets.ts'
import type { State } from '../state.ts'

export interface ExecsOptions {
  readonly folder: string
  readonly path: string
  readonly state: State
  readonly clock: Clock
  readonly secrets: Pick<SecretFiles, 'read'>
  readonly variablesOf: (release: string, service: string) => Readonly<Record<string, string>>
}

export interface ExecRequest {
  readonly service: string
  readonly release: string | null
  readonly argv: readonly string[]
  readonly by: string
}

/** One-off commands: they run where the CLI runs, with what is known here. */
export class Execs {
  readonly #options: ExecsOptions

  constructor(options: ExecsOptions) {
    this.#options = options
  }

  /**
   * The folder and environment in which a service's own command would run, and a note of who asked for what.
   * @throws Problem `exec.nothing-live` `release.unknown` `service.unknown` `exec.files-gone`
   */
  prepare({ service, release: wanted, argv, by }: ExecRequest): ExecContext {
    const { folder, path, state, clock } = this.#options
    const release = releaseOf(wanted, state)
    const config = programOf(release, service)
    const cwd = join(folder, 'releases', release.artifacts[service]!)
    if (!existsSync(cwd)) {
      throw new Problem('exec.files-gone', `the files of ${service} in ${release.id} are gone`, {
        hint: 'Only the newest releases keep theirs: see `seaworthy status --history`.',
      })
    }
    const needs = this.#options.variablesOf(release.id, service)
    const secrets = this.#options.secrets.read(release.id, service)
    const words = withoutValues(argv, { ...needs, ...secrets }).join(' ')
    state.addEvent(clock.now(), 'exec', `${by} runs '${words}' in ${service} of ${release.id}`)
    const own = { HOST: '127.0.0.1', RELEASE: release.id, INSTANCE: `exec ${service}@${release.id}` }
    // In the order in which an instance gets them.
    return { release: release.id, cwd, env: { ...needs, ...baseEnvironment(path), ...config.env, ...own, ...secrets } }
  }

  /**
   * The same note where an engine or a cluster keeps the instances: the command runs there, and what it gets is there.
   * @throws Problem `exec.nothing-live` `release.unknown` `service.unknown`
   */
  note({ service, release: wanted, argv, by }: ExecRequest): ExecContext {
    const { state, clock } = this.#options
    const release = releaseOf(wanted, state)
    if (release.config.services[service] === undefined) throw unknownService(service, release)
    state.addEvent(clock.now(), 'exec', `${by} runs '${argv.join(' ')}' in ${service} of ${release.id}`)
    return { release: release.id, cwd: '', env: {} }
  }
}

function programOf(release: Release, service: string) {
  const config = release.config.services[service]
  if (config?.run.kind === 'program') return config
  throw unknownService(service, release)
}

function unknownService(service: string, { id, config }: Release): Problem {
  const programs = Object.entries(config.services).filter(([, { run }]) => run.kind === 'program')
  return new Problem('service.unknown', `${service} is no service that runs in ${id}`, {
    hint: `Services: ${programs.map(([name]) => name).join(', ') || 'none'}.`,
  })
}

/** A word that holds a secret is told by the secret's name. */
function withoutValues(words: readonly string[], secrets: Secrets): readonly string[] {
  const known = Object.entries(secrets).filter(([, value]) => value !== '')
  return words.map((word) => known.reduce((text, [name, value]) => text.replaceAll(value, `[${name}]`), word))
}

function releaseOf(id: string | null, state: State): Release {
  const wanted = id ?? state.get('live')
  if (wanted === null) {
    throw new Problem('exec.nothing-live', 'nothing is live yet', { hint: 'Run `seaworthy deploy` first.' })
  }
  const found = state.releases().find((one) => one.id === wanted || String(one.sequence) === wanted)
  if (found !== undefined) return found
  throw new Problem('release.unknown', `there is no release ${wanted}`, { hint: 'See `seaworthy status --history`.' })
}
