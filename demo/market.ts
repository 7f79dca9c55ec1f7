import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Status } from '../src/control/api/contract.ts'
import type { DeployRecord } from '../src/deploy/journal.ts'
import { removeTree } from '../src/deploy/targets/process/artifact.ts'
import { endLeftovers } from './leftovers.ts'
import { run, type Ended } from './run.ts'

export const ROOT = join(import.meta.dirname, '..')
export const EXAMPLE = join(ROOT, 'examples/opinion-market')

const STATE = join(EXAMPLE, '.seaworthy/demo')
const UP_MS = 60_000
const DEPLOY_MS = 45_000
const QUICK_MS = 20_000
/** The gateway lets an open page's idle connections be for a while before it ends. */
const STOP_MS = 50_000
const LINES_SHOWN = 15

/** Shorter than anybody would choose in production: a demonstration has to end. */
const SETTINGS = {
  SEAWORTHY_DEMO_PORT: '0',
  SEAWORTHY_DEMO_WATCH: '8s',
  SEAWORTHY_DEMO_DRAIN: '2s',
  SEAWORTHY_DEMO_DEADLINE: '6s',
  MARKET_ROTS_AFTER: '5',
}

/** The opinion-market under Seaworthy, driven by the same commands a person would type. */
export class Market {
  readonly signal: AbortSignal
  readonly #state: string
  readonly #environment: NodeJS.ProcessEnv
  #said = ''

  /** @param state the folder of its environment: absolute @default beside the one somebody may run by hand */
  constructor(signal: AbortSignal, state = STATE) {
    this.signal = signal
    this.#state = state
    this.#environment = {
      ...SETTINGS,
      SEAWORTHY_DEMO_STATE: state,
      ADMIN_TOKEN: randomBytes(24).toString('hex'),
    }
  }

  /** Brings v1 up. Returns the address. */
  async up(): Promise<string> {
    await this.#must(['up', '--detach'], 'v1', UP_MS)
    return (await this.#status()).url
  }

  /** Deploys a release of the example; how it ended is in the record, whatever it is. */
  async deploy(version: string): Promise<DeployRecord> {
    return this.#newDeploy(['deploy'], version)
  }

  async rollback(): Promise<DeployRecord> {
    return this.#newDeploy(['rollback'], 'v1')
  }

  /** What commands, control and instances said last. */
  lastLines(): readonly string[] {
    const folder = join(this.#state, 'logs')
    const logs = existsSync(folder)
      ? readdirSync(folder).filter((name) => /^(control|api@|build|migrate)/.test(name))
      : []
    return [
      ...this.#said.trimEnd().split('\n').slice(-LINES_SHOWN),
      ...logs.flatMap((name) => {
        const lines = readFileSync(join(folder, name), 'utf8')
          .trimEnd()
          .split('\n')
          .filter((line) => !line.includes('"request"'))
        return lines.slice(-LINES_SHOWN).map((line) => `${name}: ${line}`)
      }),
    ]
  }

  /** Also after an interrupt: `stop` runs under a deadline of its own, and what it leaves is ended by force. */
  async stop(): Promise<void> {
    if (existsSync(join(this.#state, 'control.sock')))
      await this.#run(['stop'], 'v1', STOP_MS, AbortSignal.timeout(STOP_MS))
    const left = await endLeftovers(this.#state)
    if (left.length > 0) throw new Error(`had to be ended by force: ${left.join('; ')}`)
  }

  async clear(): Promise<void> {
    await this.stop().catch(() => {})
    await removeTree(this.#state)
  }

  async #newDeploy(args: readonly string[], version: string): Promise<DeployRecord> {
    const before = (await this.#status()).last?.id
    const ended = await this.#run(args, version, DEPLOY_MS)
    const [deploy] = (await this.#status()).deploys
    if (deploy === undefined || deploy.id === before || deploy.state === 'running') {
      throw new Error(`seaworthy ${args.join(' ')} (${version}) ended with ${ended.code} and left no finished deploy`)
    }
    return deploy
  }

  async #status(): Promise<Status & { readonly deploys: readonly DeployRecord[] }> {
    const { stdout } = await this.#must(['status', '--history', '--json'], 'v1', QUICK_MS)
    return JSON.parse(stdout) as Status & { readonly deploys: readonly DeployRecord[] }
  }

  async #must(args: readonly string[], version: string, withinMs: number): Promise<Ended> {
    const ended = await this.#run(args, version, withinMs)
    if (ended.code !== 0) throw new Error(`seaworthy ${args.join(' ')} ended with ${ended.code}`)
    return ended
  }

  async #run(args: readonly string[], version: string, withinMs: number, signal = this.signal): Promise<Ended> {
    const ended = await run([process.execPath, join(ROOT, 'bin/seaworthy.js'), ...args], {
      cwd: EXAMPLE,
      env: { ...process.env, ...this.#environment, MARKET_RELEASE: version },
      withinMs,
      signal,
    })
    if (args[0] !== 'status' || ended.code !== 0) this.#said = ended.stdout + ended.stderr
    return ended
  }
}
