/** Clients for tests that switch or upgrade under load: kept-alive and fresh connections, GET and POST. */
import { Agent, request } from 'node:http'
import { monotonicNs } from '../core/clock.ts'

export interface LoadAnswer {
  readonly method: string
  readonly startedNs: number
  readonly release: string
  /** Null when it was answered whole with a status below 400. */
  readonly failure: string | null
}

/** Disposed of, it has stopped: against nobody it would go on for ever. */
export interface Load extends AsyncDisposable {
  count(): number
  /** Lets what is in flight end and returns everything. */
  stop(): Promise<LoadAnswer[]>
}

/** Closed loop: each client sends its next request when the last one is answered. One in four uses fresh connections. */
export function startLoad(port: number, { clients }: { readonly clients: number }): Load {
  const answers: LoadAnswer[] = []
  const agents = Array.from({ length: clients }, (_, index) => new Agent({ keepAlive: index % 4 !== 0, maxSockets: 1 }))
  const stopping = new AbortController()
  const loops = agents.map(async (agent, index) => {
    for (let turn = index; !stopping.signal.aborted; turn++)
      answers.push(await ask(port, agent, turn % 3 === 0 ? 'POST' : 'GET'))
  })
  const stop = async (): Promise<LoadAnswer[]> => {
    stopping.abort()
    await Promise.all(loops)
    for (const agent of agents) agent.destroy()
    return answers
  }
  return { count: () => answers.length, stop, [Symbol.asyncDispose]: async () => void (await stop()) }
}

function ask(port: number, agent: Agent, method: string): Promise<LoadAnswer> {
  const startedNs = monotonicNs()
  return new Promise((resolve) => {
    const end = (release: string, failure: string | null): void => resolve({ method, startedNs, release, failure })
    const outgoing = request({ port, host: '127.0.0.1', agent, method }, (response) => {
      const release = String(response.headers['seaworthy-release'])
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('error', (error) => end(release, error.message))
      response.on('end', () => {
        if (response.statusCode! >= 400) return end(release, `${response.statusCode} ${text}`)
        end(release, text === release ? null : `release ${release} said ${text}`)
      })
    })
    outgoing.on('error', (error) => end('', error.message))
    outgoing.end(method === 'POST' ? 'some body' : undefined)
  })
}
