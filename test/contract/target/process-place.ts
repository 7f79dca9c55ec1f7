import { readdirSync, readFileSync } from 'node:fs'
import { startLoad } from '../../support/load.ts'
import { processesMentioning, until } from '../../support/project.ts'
import type { Asked, Ground, PlaceLoad, Seen } from './place.ts'
import { askAt, freshApp, ProjectPlace } from './project-place.ts'

const GONE_MS = 10_000

/** This machine. */
export function processGround(): Ground {
  return { target: 'process', place: () => new ProcessPlace(), [Symbol.asyncDispose]: async () => {} }
}

class ProcessPlace extends ProjectPlace {
  readonly target = 'process'
  #port = 0

  constructor() {
    super({ app: freshApp(), environment: { target: 'process' }, http: 0 }, {})
  }

  protected control() {
    // The project closes it.
    return { client: this.project.control, [Symbol.dispose]: () => {} }
  }

  async ask(path = '/'): Promise<Asked> {
    return askAt(`http://127.0.0.1:${await this.#portNow()}${path}`)
  }

  async load(): Promise<PlaceLoad> {
    return startLoad({ port: await this.#portNow(), clients: 4, pauseMs: 20 })
  }

  async seen(): Promise<readonly Seen[]> {
    const mark = `INSTANCE_DIR=${this.project.stateFolder}/`
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map((name) => ({ pid: name, variables: variablesOf(name) }))
      .filter(({ variables }) => variables.some((one) => one.startsWith(mark)))
      .map(({ pid, variables }) => {
        const [, service, release] = /^INSTANCE=(.+)@(.+)-\d+$/.exec(
          variables.find((one) => one.startsWith('INSTANCE='))!,
        )!
        return { key: pid, service: service!, release: release! }
      })
  }

  async kill({ key }: Seen): Promise<void> {
    process.kill(Number(key), 'SIGKILL')
  }

  async left(): Promise<readonly string[]> {
    const here = (): readonly string[] =>
      processesMentioning(this.project.folder).map(({ pid, command }) => `process ${pid} ${command}`)
    // `stop` returns when the keeper has closed its connections: its process is gone a moment later.
    await until(() => here().length === 0, 'processes to end', GONE_MS).catch(() => {})
    return here()
  }

  protected async clear(): Promise<void> {}

  /** Chosen at each start; where there is nobody to ask, the one that was. */
  async #portNow(): Promise<number> {
    this.#port = await this.project.port().catch(() => this.#port)
    return this.#port
  }
}

function variablesOf(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}
