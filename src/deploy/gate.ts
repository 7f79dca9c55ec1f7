import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import type { Instance, Release } from './release.ts'
import type { Probe, Target } from './target.ts'

/** Between two looks while waiting: quicker than the running check, because somebody waits. */
export const GATE_INTERVAL_MS = 200
/** How often whoever waits is told why it is not ready yet. */
export const GATE_NOTE_MS = 5_000
/** A program that ended this often while we looked is in a crash loop. */
export const EXITS_MAX = 3
const LINES_SHOWN = 12

export interface GateOptions {
  readonly target: Target
  readonly release: Release
  readonly service: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onNote: (text: string) => void
}

/**
 * Waits until every instance of a service has passed `health.passes` looks in a row, from outside.
 * @throws Problem `deploy.gate-failed` that names the cause, what the instance listens on and its last lines.
 */
export async function passGate(instances: readonly Instance[], options: GateOptions): Promise<void> {
  await Promise.all(instances.map((instance) => passInstance(instance, options)))
}

async function passInstance(instance: Instance, options: GateOptions): Promise<void> {
  const { target, release, service, clock, signal, onNote } = options
  const { passes: passesNeeded, deadlineMs } = release.config.services[service]!.health
  const startedAt = clock.now()
  let passes = 0
  let last: Probe | null = null
  let notedMs = 0
  let restartsBefore: number | null = null
  while (passes < passesNeeded) {
    const probe = await target.probe(instance, release, signal)
    if (probe.kind === 'pass') passes += 1
    else {
      if (passes > 0) onNote(`${instance.id} passed ${passes} of ${passesNeeded}, then: ${probe.because}`)
      passes = 0
      last = probe
    }
    const waitedMs = clock.now() - startedAt
    if (probe.kind === 'gone') {
      // Only what happens now counts: a warm release may have ended often in its life.
      restartsBefore ??= probe.restarts
      const exits = probe.restarts === null ? Infinity : probe.restarts - restartsBefore! + 1
      if (exits >= EXITS_MAX) throw await refusal(instance, last, waitedMs, options)
    }
    if (passes < passesNeeded && waitedMs > deadlineMs) throw await refusal(instance, last, waitedMs, options)
    if (passes < passesNeeded && waitedMs - notedMs >= GATE_NOTE_MS) {
      notedMs = waitedMs
      const { cause } = await target.diagnose(instance, release)
      onNote(`${instance.id} is not ready after ${(waitedMs / 1000).toFixed(0)} s: ${cause ?? describeLook(last)}`)
    }
    if (passes < passesNeeded) await clock.sleep(GATE_INTERVAL_MS, signal)
  }
}

async function refusal(
  instance: Instance,
  last: Probe | null,
  waitedMs: number,
  options: GateOptions,
): Promise<Problem> {
  const { cause, listens, lastLines } = await options.target.diagnose(instance, options.release)
  const lastLook = describeLook(last)
  return new Problem(
    'deploy.gate-failed',
    `${instance.id} did not become ready in ${(waitedMs / 1000).toFixed(1)} s: ${cause ?? lastLook}`,
    {
      hint: 'The live release was not touched. Mend the cause and deploy again.',
      details: [
        `last look: ${lastLook}`,
        `listens on: ${listens.length > 0 ? listens.join(', ') : 'nothing'}`,
        ...lastLines.slice(-LINES_SHOWN).map((line) => `| ${line}`),
      ],
    },
  )
}

function describeLook(last: Probe | null): string {
  return last === null || last.kind === 'pass' ? 'it passed, but not often enough in a row' : last.because
}
