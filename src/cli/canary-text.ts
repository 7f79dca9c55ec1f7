import type { Comparison, Figures } from '../deploy/analysis.ts'
import type { CanaryProgress, CanaryStep } from '../deploy/canary.ts'

/** A trial's step as it stands, in one line. */
export function describeProgress(progress: CanaryProgress): string {
  const { release, step, steps, share, lastedMs, everyMs, verdict } = progress
  const soFar = verdict.kind === 'passed' ? 'good so far' : `${verdict.kind}: ${verdict.because}`
  const time = `${(lastedMs / 1000).toFixed(0)} of ${(everyMs / 1000).toFixed(0)} s`
  return `${release}, step ${step} of ${steps}, ${percent(share)} of the clients, ${time}: ${describeComparison(progress)}; ${soFar}`
}

/** How a step ended, in one line of the proof. */
export function describeStep(step: CanaryStep): string {
  const end = step.because === null ? step.end : `${step.end}: ${step.because}`
  return `canary at ${percent(step.share)} for ${(step.lastedMs / 1000).toFixed(1)} s: ${describeComparison(step)}; ${end}`
}

export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}

function describeComparison({ users, witness }: Comparison): string {
  const groups = Object.entries({ users, witness }).filter(([, { next, old }]) => next.answers + old.answers > 0)
  return groups.map(([name, both]) => `${name} ${sides(both)}`).join(', ') || 'nothing answered yet'
}

/** `61 with 0 failed, p95 22 ms (old: 1204 with 0 failed, p95 21 ms)`. */
function sides({ next, old }: Comparison['users']): string {
  return `${figures(next)} (old: ${figures(old)})`
}

function figures({ answers, errors, p95Ms }: Figures): string {
  if (answers === 0) return 'none'
  return `${answers} with ${errors} failed, p95 ${p95Ms === null ? 'unknown' : `${p95Ms.toFixed(0)} ms`}`
}
