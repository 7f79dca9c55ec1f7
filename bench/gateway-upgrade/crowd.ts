import { Agent, request as httpRequest } from 'node:http'

/** Clients on kept-alive connections, GET and POST in turn; the quiet ones are idle for up to `QUIET_MS_MAX` in between. */
export interface Crowd extends AsyncDisposable {
  readonly counts: CrowdCounts
  stop(): Promise<CrowdCounts>
}

export interface CrowdCounts {
  readonly requests: number
  readonly failed: number
  /** Of those that failed, the requests on a connection that had been used before. */
  readonly failedOnReused: number
  /** The first few in words. */
  readonly failures: readonly string[]
}

const QUIET_MS_MAX = 3_000
const BUSY_MS = 2
const TIMEOUT_MS = 20_000
const FAILURES_TOLD = 5
const BODY = 'x'.repeat(400)

export function startCrowd({ port, busy, quiet }: { port: number; busy: number; quiet: number }): Crowd {
  const counts = { requests: 0, failed: 0, failedOnReused: 0, failures: [] as string[] }
  const stopped = new AbortController()
  const loops = Array.from({ length: busy + quiet }, async (_, index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let turn = index; !stopped.signal.aborted; turn++) {
      const method = turn % 2 === 0 ? 'GET' : 'POST'
      const { failure, reused } = await ask(port, agent, method)
      counts.requests += 1
      if (failure !== null) {
        counts.failed += 1
        counts.failedOnReused += reused ? 1 : 0
        if (counts.failures.length < FAILURES_TOLD) counts.failures.push(`${method}: ${failure}`)
      }
      await pause(index < busy ? BUSY_MS : Math.random() * QUIET_MS_MAX, stopped.signal)
    }
    agent.destroy()
  })
  return { counts, stop, [Symbol.asyncDispose]: async () => void (await stop()) }

  async function stop(): Promise<CrowdCounts> {
    stopped.abort()
    await Promise.all(loops)
    return counts
  }
}

function ask(port: number, agent: Agent, method: string): Promise<{ failure: string | null; reused: boolean }> {
  return new Promise((resolve) => {
    const headers = method === 'POST' ? { 'content-length': BODY.length } : {}
    const request = httpRequest(
      { host: '127.0.0.1', port, agent, method, headers, timeout: TIMEOUT_MS },
      (response) => {
        const end = (failure: string | null): void => resolve({ failure, reused: request.reusedSocket })
        response.on('error', (error) => end(`answer cut: ${error.message}`))
        response.on('end', () => end(response.statusCode === 200 ? null : `status ${response.statusCode}`))
        response.resume()
      },
    )
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)))
    request.on('error', (error: NodeJS.ErrnoException) =>
      resolve({ failure: error.code ?? error.message, reused: request.reusedSocket }),
    )
    request.end(method === 'POST' ? BODY : undefined)
  })
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, ms)
    signal.addEventListener('abort', end)
  })
}
