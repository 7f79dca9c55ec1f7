import { randomUUID } from 'node:crypto'
import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connectControl, type ControlClient } from '../../../src/control/api/client.ts'
import type { Status } from '../../../src/control/api/contract.ts'
import type { DeployRecord } from '../../../src/deploy/journal.ts'
import { openBridge } from '../../../src/control/bridge/near-end.ts'
import { EngineProject } from '../../support/engine-project.ts'
import type { CommandResult } from '../../support/project.ts'
import { configOf, ENVIRONMENT, type Edition, type Where } from './app.ts'
import type { Asked, Place, PlaceLoad, Seen, Target } from './place.ts'

const AWAY_MS = 60_000

/** What is the same for every target: the folder of an app, and the program `seaworthy` run in it. */
export abstract class ProjectPlace implements Place {
  abstract readonly target: Target
  readonly keepsData: boolean = true
  readonly project: EngineProject
  secret = `contract-${randomUUID()}`
  readonly #where: Where
  readonly #variables: Readonly<Record<string, string>>

  /** @param variables what the shell of whoever deploys has: which engine, which cluster */
  constructor(where: Where, variables: Readonly<Record<string, string>>) {
    this.#where = where
    this.#variables = variables
    this.project = new EngineProject({}, {}, `.seaworthy/${ENVIRONMENT}`)
    this.project.variables = variables
    // Files of their own make images of their own, which no place before has left behind.
    this.touch()
  }

  configure(edition: Edition): void {
    this.project.configure(configOf(edition, this.#where))
  }

  touch(): void {
    appendFileSync(join(this.project.folder, 'plain.mjs'), `// ${randomUUID()}\n`)
  }

  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const file = join(this.project.folder, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
  }

  start(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return this.project.start(words, { ...this.#variables, API_KEY: this.secret, ...env })
  }

  run(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    return this.start(words, env).ended
  }

  async must(words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { code, signal, stdout, stderr } = await this.run(words, env)
    if (code !== 0) throw new Error(`seaworthy ${words.join(' ')} ended with ${code ?? signal}:\n${stdout}\n${stderr}`)
    return stdout
  }

  async status(): Promise<Status> {
    return JSON.parse(await this.must(['status', '--json'])) as Status
  }

  async record(deploy: string): Promise<DeployRecord> {
    using control = this.control()
    const { deploy: found } = await control.client.call('deploy.get', { deploy })
    if (found === null) throw new Error(`control knows no deploy ${deploy}`)
    return found
  }

  async end(): Promise<readonly string[]> {
    // A config that the target refuses would not even be stopped.
    this.configure({ name: 'last' })
    // Where nothing is, `stop` says so, and nothing is left either.
    if ((await this.run(['stop', '--remove'])).code !== 0) await this.run(['stop'])
    const left = await this.left()
    await this.clear()
    await this.project[Symbol.asyncDispose]()
    return left
  }

  /** The way of the commands to control. */
  protected abstract control(): Disposable & { readonly client: ControlClient }
  abstract ask(path?: string): Promise<Asked>
  abstract load(): Promise<PlaceLoad>
  abstract seen(): Promise<readonly Seen[]>
  abstract kill(one: Seen): Promise<void>
  abstract left(): Promise<readonly string[]>
  /** What the place itself had made beside the environment, and what that has left. */
  protected abstract clear(): Promise<void>
}

/** A name that no place before has had. */
export function freshApp(): string {
  return `c${randomUUID().slice(0, 7)}`
}

/** A request from this process. */
export async function askAt(url: string): Promise<Asked> {
  try {
    const answer = await fetch(url, { headers: { connection: 'close' }, signal: AbortSignal.timeout(40_000) })
    return {
      status: answer.status,
      release: answer.headers.get('seaworthy-release'),
      text: await answer.text(),
    }
  } catch (error) {
    return { status: 0, release: null, text: String((error as Error).cause ?? error) }
  }
}

/** Over a bridge, as where instances are kept elsewhere. */
export function bridged(
  words: Parameters<typeof openBridge>[0],
  env: NodeJS.ProcessEnv,
): Disposable & { readonly client: ControlClient } {
  const bridge = openBridge(words, { env })
  const client = connectControl(bridge, { awayMs: AWAY_MS })
  return {
    client,
    [Symbol.dispose]: () => {
      client.close()
      bridge.close()
    },
  }
}
