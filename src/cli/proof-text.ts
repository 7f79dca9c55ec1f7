import type { Proof } from '../deploy/proof.ts'
import { describeStep } from './canary-text.ts'
import { describePromotion } from './plan-text.ts'

/** A proof in sentences, each of them a count of something that was observed. */
export function describeProof(proof: Proof): readonly string[] {
  const { sent, ok, failed, failures, longestGapMs, flipBacks, drain, watch, switches, interruptions } = proof
  return [
    ...(proof.promoted === undefined ? [] : [describePromotion(proof.promoted)]),
    ...(proof.approval === undefined ? [] : [describeApproval(proof.approval)]),
    ...(proof.rotated === undefined ? [] : [`rotated ${proof.rotated.join(', ')}`]),
    sent === 0
      ? `witness: nothing was sent: ${whySilent(proof)}`
      : `witness: ${sent} sent, ${ok} ok, ${failed} failed, longest gap ${longestGapMs.toFixed(0)} ms, ${plural(flipBacks, 'flip-back')}`,
    ...Object.entries(proof.releases).map(
      ([release, { answers, first, last }]) =>
        `  ${release}: ${plural(answers, 'answer')}, ${clock(first)} to ${clock(last)}`,
    ),
    ...switches.map(
      ({ to, tookMs, workers }) => `switch to ${to}: ${plural(workers, 'worker')} within ${milliseconds(tookMs)}`,
    ),
    ...(proof.canary ?? []).map(describeStep),
    ...(watch ? [`watch: ${describeWatch(watch)}`] : []),
    ...(drain
      ? [
          `drain: ${drain.finished} finished, ${drain.cut} cut; WebSockets: ${drain.websockets} closed, ${drain.moved} came back; event streams: ${drain.streams}`,
        ]
      : []),
    ...(interruptions > 0
      ? [`control was restarted ${plural(interruptions, 'time')} meanwhile; the witness was silent then`]
      : []),
    ...(proof.paused ? ['requests were paused meanwhile; the witness was silent then'] : []),
    ...foldFailures(failures).map((failure) => `failure: ${failure}`),
    ...(failed > failures.length ? [`failure: ${failed - failures.length} more`] : []),
  ]
}

function describeApproval({ by, at, planHash }: NonNullable<Proof['approval']>): string {
  return `plan ${planHash.slice(0, 12)} approved by ${by} at ${new Date(at).toISOString()}`
}

/** For reading: what is too short to measure is not nothing. */
export function milliseconds(ms: number): string {
  return ms < 0.1 ? '<0.1 ms' : `${ms.toFixed(1)} ms`
}

function whySilent({ from, switches }: Proof): string {
  if (from === null) return 'nothing was live before'
  if (switches.length === 0) return 'the deploy was over before its first request, or there is no entrance to ask'
  return 'the switch was over before its first request, or there is no entrance to ask'
}

/** Failures that differ in their time and connection only are one line. */
function foldFailures(failures: readonly string[]): readonly string[] {
  const groups = Map.groupBy(failures, (failure) =>
    failure.replace(/^\S+Z /, '').replace(/ \((kept|fresh) connection\)/, ''),
  )
  return [...groups].map(([what, same]) => {
    if (same.length === 1) return same[0]!
    const times = same.map((failure) => Date.parse(failure.split(' ')[0]!)).filter((at) => !Number.isNaN(at))
    const when = times.length === 0 ? '' : `, first ${clock(Math.min(...times))}, last ${clock(Math.max(...times))}`
    return `${same.length} × ${what}${when}`
  })
}

function describeWatch(watch: NonNullable<Proof['watch']>): string {
  switch (watch.verdict) {
    case 'passed':
      return `passed on ${plural(watch.answers, 'answer')}, ${plural(watch.errors, 'error')}, p95 ${watch.p95Ms?.toFixed(0) ?? 'unknown'} ms`
    case 'inconclusive':
      return `inconclusive: ${plural(watch.answers, 'answer')}, ${watch.needed} needed`
    case 'breach':
      return `breach: ${watch.because}; decided after ${watch.detectedMs} ms, old release serving ${watch.backMs} ms later, ${plural(watch.failed, 'failed answer')}`
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

function clock(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23)
}
