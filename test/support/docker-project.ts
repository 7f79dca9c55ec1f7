import { join } from 'node:path'
import { connectControl, type ControlClient } from '../../src/control/api/client.ts'
import { openBridge, type Bridge } from '../../src/control/bridge/near-end.ts'
import { bridgeWords, fillVolume } from '../../src/deploy/targets/docker/commands.ts'
import { Containers } from '../../src/deploy/targets/docker/containers.ts'
import { networkName } from '../../src/deploy/targets/docker/names.ts'
import type { Observed } from '../../src/deploy/targets/docker/observe.ts'
import { tarOf } from '../../src/deploy/targets/docker/tar.ts'
import { STATE } from '../../src/deploy/targets/image/places.ts'
import { runAll } from '../../src/deploy/targets/run-command.ts'
import type { DockerEngine } from './docker-engine.ts'
import { root, TestProject, until, type CommandResult } from './project.ts'

/** Variables of docker-cli.ts: which engine, and the container that control is in. */
export const ENGINE = 'SEAWORTHY_TEST_ENGINE'
export const OWN = 'SEAWORTHY_TEST_OWN'
/** What generated Dockerfiles begin with: `nodeArchive` imported under this name. */
export const BASE = 'seaworthy-test-base:1'
/** Variable of docker-cli.ts: another name for it, as another version of Seaworthy has. */
export const OTHER_BASE = 'SEAWORTHY_TEST_BASE'

const AWAY_MS = 60_000
const run = { env: process.env }

export interface DockerProjectOptions {
  readonly engine: DockerEngine
  /** Seaworthy's own image. */
  readonly image: string
  readonly environment: string
  /** On which the gateway is published. */
  readonly port: number
  readonly config: object
  readonly app: string
}

/** A project whose environment is on a real engine; the commands are those of docker-cli.ts. */
export class DockerProject extends TestProject {
  override program = join(root, 'test/support/docker-cli.ts')
  /** What the shell of whoever deploys has besides. */
  variables: Readonly<Record<string, string>> = {}
  readonly containers: Containers
  readonly own: string
  readonly #options: DockerProjectOptions
  #bridge: Bridge | null = null
  #controlInside: ControlClient | null = null

  constructor(options: DockerProjectOptions) {
    const { config, environment, engine, app } = options
    super(config, {}, `.seaworthy/${environment}`)
    this.#options = options
    this.own = `${app}-${environment}`
    this.containers = new Containers({ host: engine.host, place: { app, environment }, run })
  }

  /** Seaworthy's container with control and gateway: reached from the front, and alone with the instances inside. */
  async install(): Promise<void> {
    const { engine, image, environment, port, app } = this.#options
    const { docker, host } = engine
    const place = { app, environment }
    const told = { app, environment, target: 'docker', host: '0.0.0.0', http: port, https: null, workers: 1 }
    const bytes = Buffer.from(JSON.stringify({ ...told, path: '/usr/local/bin' }))
    const archive = tarOf([{ name: 'environment.json', bytes, mode: 0o600, owner: 65_532 }])
    const front = `${this.own}-front`
    const inside = networkName(place, 'inside')
    const labels = ['--label', `seaworthy.app=${app}`, '--label', `seaworthy.environment=${environment}`]
    docker('network', 'create', ...labels, front)
    docker('network', 'create', '--internal', ...labels, inside)
    await runAll(fillVolume(host, place, { name: `${this.own}-state`, folder: STATE, image, archive }), run)
    const rights = ['--read-only', '--tmpfs', '/tmp', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true']
    const mount = ['--init', '--mount', `type=volume,source=${this.own}-state,target=${STATE}`]
    const published = ['--network', front, '--publish', `127.0.0.1:${port}:${port}`]
    docker('create', '--name', this.own, '--pull', 'never', ...labels, ...rights, ...mount, ...published, image)
    docker('network', 'connect', inside, this.own)
    docker('start', this.own)
    const health = ['inspect', '--format', '{{.State.Health.Status}}', this.own] as const
    await until(() => docker(...health) === 'healthy', `${this.own} to be healthy`, 300_000, 500)
  }

  override start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const { engine } = this.#options
    return super.start(args, { [ENGINE]: engine.host, [OWN]: this.own, ...this.variables, ...env })
  }

  override get control(): ControlClient {
    const { engine } = this.#options
    this.#bridge ??= openBridge(bridgeWords(engine.host, this.own), run)
    this.#controlInside ??= connectControl(this.#bridge, { awayMs: AWAY_MS })
    return this.#controlInside
  }

  /** What the engine has, whether control knows of it or not. */
  there(): Promise<readonly Observed[]> {
    return this.containers.observe()
  }

  /** A command that has to be refused; what it said. */
  async refused(args: readonly string[]): Promise<CommandResult> {
    const result = await this.run(args)
    if (result.code !== 1)
      throw new Error(`${args.join(' ')} ended with ${result.code}:\n${result.stdout}\n${result.stderr}`)
    return result
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#controlInside?.close()
    this.#bridge?.close()
    await super[Symbol.asyncDispose]()
  }
}
