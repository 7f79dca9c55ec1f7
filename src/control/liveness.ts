import { get } from 'node:http'
import type { Clock } from '../core/clock.ts'
import type { Instance, Release } from '../deploy/release.ts'

/** Looks at the `live` path of every running instance; one that fails often enough in a row is wedged. */
export class Liveness {
  readonly #failures = new Map<string, number>()
  readonly #lookedAt = new Map<string, number>()
  readonly #clock: Clock

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** One round; returns the instances that must be started again, with the reason. */
  async look(
    instances: readonly Instance[],
    releaseOf: (id: string) => Release | null,
  ): Promise<readonly { id: string; because: string }[]> {
    const wedged: { id: string; because: string }[] = []
    for (const id of this.#failures.keys()) if (!instances.some((instance) => instance.id === id)) this.#forget(id)
    await Promise.all(
      instances.map(async (instance) => {
        const health = releaseOf(instance.release)?.config.services[instance.service]?.health
        if (!health?.live || instance.port === null || instance.state !== 'running') return this.#forget(instance.id)
        const now = this.#clock.now()
        // A program that is still starting is the gate's business, not ours.
        if (isWithin(now - instance.startedAt, health.intervalMs * health.failures)) return
        if (isWithin(now - (this.#lookedAt.get(instance.id) ?? 0), health.intervalMs)) return
        this.#lookedAt.set(instance.id, now)
        const failure = await probe(instance, health.live, health.timeoutMs)
        const failures = failure === null ? 0 : (this.#failures.get(instance.id) ?? 0) + 1
        this.#failures.set(instance.id, failures)
        if (failures < health.failures) return
        this.#forget(instance.id)
        wedged.push({ id: instance.id, because: `${health.live} failed ${failures} times in a row: ${failure}` })
      }),
    )
    return wedged
  }

  #forget(id: string): void {
    this.#failures.delete(id)
    this.#lookedAt.delete(id)
  }
}

/** What lies in the future was noted before the clock was set back: long ago, for all that is known. */
function isWithin(sinceMs: number, ms: number): boolean {
  return sinceMs >= 0 && sinceMs < ms
}

function probe(instance: Instance, path: string, timeoutMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get(
      { host: instance.host, port: instance.port!, path, agent: false, timeout: timeoutMs },
      (response) => {
        response.resume()
        const status = response.statusCode ?? 0
        resolve(status >= 200 && status < 300 ? null : `status ${status}`)
        request.destroy()
      },
    )
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    request.on('error', (error) => resolve(error.message))
  })
}
