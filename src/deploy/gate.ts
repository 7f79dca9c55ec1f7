import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import { liveAfterRefusal } from './plan.ts'
import type { Instance, Release } from './release.ts'
import type { Cause, Probe, Seen, Target } from './target.ts'

/** Between two looks while waiting: quicker than the running check, because somebody waits. */
export const GATE_INTERVAL_MS = 200
/** How often whoever waits is told why it is not ready yet. */
export const GATE_NOTE_MS = 5_000
/** A program that ended this often while we looked is in a crash loop. */
export const EXITS_MAX = 3
const LINES_SHOWN = 30

export interface GateOptions {
  readonly target: Pick<Target, 'probe' | 'diagnose'>
  readonly release: Release
  readonly service: string
  readonly clock: Clock
  readonly signal: AbortSignal
  readonly onNote: (text: string) => void
}

/**
 * Waits until every instance of a service has passed `health.passes` looks in a row, from outside.
 * @throws Problem `deploy.gate-failed`: one screen with the cause and how it is known, the last probe, what the target knows
 * of the program, and its last lines.
 */
export async function passGate(instances: readonly Instance[], options: GateOptions): Promise<void> {
  await Promise.all(instances.map((instance) => passInstance(instance, options)))
}

async function passInstance(instance: Instance, options: GateOptions): Promise<void> {
  const { target, release, service, clock, signal, onNote } = options
  const { passes: passesNeeded, deadlineMs } = release.config.services[service]!.health
  const startedAt = clock.now()
  const noted = new Set<string>()
  let seen: Seen = { waitedMs: 0, deadlineMs, probes: 0, passed: 0, relapses: 0, last: null }
  let passes = 0
  let notedMs = 0
  let restartsBefore: number | null = null
  while (passes < passesNeeded) {
    const probe = await target.probe(instance, release, signal)
    seen = { ...add(seen, probe, passes > 0), waitedMs: clock.now() - startedAt }
    if (probe.kind === 'pass') {
      passes += 1
      if (probe.note !== null && !noted.has(probe.note)) onNote(`${instance.id}: ${probe.note}`)
      if (probe.note !== null) noted.add(probe.note)
    } else {
      if (passes > 0) onNote(`${instance.id} passed ${passes} of ${passesNeeded}, then: ${probe.because}`)
      passes = 0
    }
    if (probe.kind === 'gone') {
      // Only what happens now counts: a warm release may have ended often in its life.
      restartsBefore ??= probe.restarts
      const exits = probe.restarts === null ? Infinity : probe.restarts - restartsBefore! + 1
      if (exits >= EXITS_MAX) throw await refusal(instance, seen, options)
    }
    if (passes < passesNeeded && seen.waitedMs > deadlineMs) throw await refusal(instance, seen, options)
    if (passes < passesNeeded && seen.waitedMs - notedMs >= GATE_NOTE_MS) {
      notedMs = seen.waitedMs
      const { cause } = await target.diagnose(instance, release, seen, false)
      onNote(`${instance.id} is not ready after ${(seen.waitedMs / 1000).toFixed(0)} s: ${describe(cause, seen)}`)
    }
    if (passes < passesNeeded) await clock.sleep(GATE_INTERVAL_MS, signal)
  }
}

function add(seen: Seen, probe: Probe, hadPassed: boolean): Seen {
  const probes = seen.probes + 1
  if (probe.kind === 'pass') return { ...seen, probes, passed: seen.passed + 1 }
  return { ...seen, probes, relapses: seen.relapses + (hadPassed ? 1 : 0), last: probe }
}

async function refusal(instance: Instance, seen: Seen, options: GateOptions): Promise<Problem> {
  const { cause, facts, lastLines } = await options.target.diagnose(instance, options.release, seen, true)
  return new Problem(
    'deploy.gate-failed',
    `${instance.id} did not become ready in ${(seen.waitedMs / 1000).toFixed(1)} s: ${describe(cause, seen)}`,
    {
      hint: `${cause?.cure ?? 'Mend the cause and deploy again.'} ${liveAfterRefusal(options.release)}`,
      details: [
        ...(cause ? [`cause: ${cause.name}, ${cause.certainty}: ${cause.basis}`] : []),
        `last probe: ${describeLook(seen.last)}${timing(seen.last)}`,
        ...facts,
        ...lastLines.slice(-LINES_SHOWN).map((line) => `| ${line}`),
      ],
    },
  )
}

/** A guess says that it is one. */
function describe(cause: Cause | null, seen: Seen): string {
  if (cause === null) return describeLook(seen.last)
  return cause.certainty === 'likely' ? `probably ${cause.text}` : cause.text
}

function describeLook(last: Probe | null): string {
  return last === null || last.kind === 'pass' ? 'it passed, but not often enough in a row' : last.because
}

function timing(last: Probe | null): string {
  return last?.kind === 'fail' ? ` (${last.tookMs.toFixed(0)} ms)` : ''
}
