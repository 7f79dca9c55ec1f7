import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { bridgeWords } from '../../../src/deploy/targets/docker/commands.ts'
import { ownName } from '../../../src/deploy/targets/docker/names.ts'
import { NODE_BASE, nodeArchive, startEngine, type DockerEngine } from '../../support/docker-engine.ts'
import { engineNetwork, startEngineLoad } from '../../support/engine-load.ts'
import { ENVIRONMENT } from './app.ts'
import type { Asked, Ground, PlaceLoad, Seen } from './place.ts'
import { bridged, freshApp, ProjectPlace } from './project-place.ts'

const PORT = 8090
const exec = promisify(execFile)

/** Runs where the engine publishes its ports. */
const ASK = `const { askAt } = await import(process.argv[1])
console.log(JSON.stringify(await askAt(process.argv[2])))`

/** A real engine of its own. */
export async function dockerGround(): Promise<Ground> {
  const engine = await startEngine()
  try {
    using base = nodeArchive()
    engine.docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
  } catch (error) {
    await engine[Symbol.asyncDispose]()
    throw error
  }
  return {
    target: 'docker',
    place: () => new DockerPlace(engine),
    [Symbol.asyncDispose]: () => engine[Symbol.asyncDispose](),
  }
}

class DockerPlace extends ProjectPlace {
  readonly target = 'docker'
  readonly #engine: DockerEngine
  readonly #app: string

  constructor(engine: DockerEngine) {
    const app = freshApp()
    super({ app, environment: { target: 'docker' }, http: PORT }, { DOCKER_HOST: engine.host })
    this.#engine = engine
    this.#app = app
  }

  protected control() {
    const place = { app: this.#app, environment: ENVIRONMENT }
    return bridged(bridgeWords(this.#engine.host, ownName(place)), process.env)
  }

  async ask(path = '/'): Promise<Asked> {
    const [enter, ...where] = engineNetwork(this.#engine)
    const module = import.meta.resolve('./project-place.ts')
    const words = [process.execPath, '--input-type=module', '-e', ASK, module, `http://127.0.0.1:${PORT}${path}`]
    const { stdout } = await exec(enter, [...where, ...words])
    return JSON.parse(stdout) as Asked
  }

  async load(): Promise<PlaceLoad> {
    return startEngineLoad(this.#engine, { port: PORT, clients: 4 })
  }

  async seen(): Promise<readonly Seen[]> {
    const format =
      '{{.ID}} {{.State.Pid}} {{index .Config.Labels "seaworthy.service"}} {{index .Config.Labels "seaworthy.release"}}'
    const ids = this.#list('ps', '--quiet', '--filter', 'label=seaworthy.instance')
    if (ids.length === 0) return []
    return this.#engine
      .docker('inspect', '--format', format, ...ids)
      .split('\n')
      .map((line) => {
        const [id, pid, service, release] = line.split(' ')
        return { key: `${id} ${pid}`, service: service!, release: release! }
      })
  }

  async kill({ key }: Seen): Promise<void> {
    // What the container runs is the child of its init. The engine would not start again what it was told to kill.
    const init = key.split(' ')[1]!
    const [program] = readFileSync(`/proc/${init}/task/${init}/children`, 'utf8').trim().split(' ')
    process.kill(Number(program), 'SIGKILL')
  }

  async left(): Promise<readonly string[]> {
    return [
      ...this.#list('ps', '--all', '--format', 'container {{.Names}}'),
      ...this.#list('network', 'ls', '--format', 'network {{.Name}}'),
    ]
  }

  protected async clear(): Promise<void> {
    const volumes = this.#list('volume', 'ls', '--quiet')
    if (volumes.length > 0) this.#engine.docker('volume', 'rm', ...volumes)
  }

  #list(...words: readonly string[]): readonly string[] {
    return this.#engine
      .docker(...words, '--filter', `label=seaworthy.app=${this.#app}`)
      .split('\n')
      .filter((line) => line !== '')
  }
}
