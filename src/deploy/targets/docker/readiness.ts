import type { Scrub } from '../../../core/scrub.ts'
import type { Instance, Release } from '../../release.ts'
import type { Probe } from '../../target.ts'
import { verdict } from '../../verdict.ts'
import { probeOf, type RosterPort } from '../roster.ts'
import type { RunOptions } from '../run-command.ts'
import { runtimeIn } from './base.ts'
import { runCheck } from './check.ts'
import type { Host } from './commands.ts'
import type { Containers } from './containers.ts'
import type { Observed } from './observe.ts'

/** How long a worker without a check has to stay up to pass once. */
const ALIVE_MS = 1_000

export interface ReadinessOptions {
  readonly host: Host
  readonly run: RunOptions
  readonly roster: Pick<RosterPort, 'probe'>
  readonly containers: Pick<Containers, 'look'>
  readonly scrubOf: (release: Release, service: string) => Promise<Scrub>
}

/** Looks at instances: first at what the engine says, then, where that says nothing against it, at what they answer. */
export class Readiness {
  readonly #options: ReadinessOptions
  /** When a start of a container was first seen, by our clock: the engine's may be another machine's. */
  readonly #since = new Map<string, number>()

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** @throws Problem `target.tool-failed`: an engine that does not answer says nothing of an instance */
  async probe({ id, service: name }: Instance, release: Release): Promise<Probe> {
    const { containers, roster, host, run, scrubOf } = this.#options
    const startedAt = performance.now()
    const now = await containers.look(id)
    if (now === null || !runs(now)) return gone(now)
    const service = release.config.services[name]!
    const { health } = service
    const { instance, id: container } = now
    if (health.ready.kind === 'command') {
      const { argv } = health.ready
      const runtime = runtimeIn(service)
      const scrub = await scrubOf(release, name)
      const because = await runCheck({ host, run, container, runtime, argv, timeoutMs: health.timeoutMs, scrub })
      return verdict(because, null, performance.now() - startedAt)
    }
    if (instance.port === null || health.ready.kind === 'alive') {
      const upMs = this.#upMs(now)
      return verdict(upMs >= ALIVE_MS ? null : `up for ${upMs.toFixed(0)} ms only`, null, performance.now() - startedAt)
    }
    return probeOf(await roster.probe(id), health, await scrubOf(release, name))
  }

  #upMs({ id, instance }: Observed): number {
    const key = `${id} ${instance.startedAt}`
    const now = performance.now()
    this.#since.set(key, this.#since.get(key) ?? now)
    return now - this.#since.get(key)!
  }
}

function runs({ instance }: Observed): boolean {
  return instance.state === 'running'
}

/** What is to be said of an instance that does not run. One that nobody starts again will not come back by waiting. */
export function gone(now: Observed | null): Probe {
  if (now === null) return { kind: 'gone', because: 'it is not there any more', restarts: null }
  const { state, lastExit, restarts } = now.instance
  if (state === 'stopping') return { kind: 'gone', because: 'it is being removed', restarts: null }
  const isFinal = state === 'stopped' || state === 'starting'
  const what = lastExit === null ? 'was never started' : lastExit
  return { kind: 'gone', because: `the program ${what}`, restarts: isFinal ? null : restarts }
}
