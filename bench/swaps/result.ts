import { table } from '../../src/cli/output.ts'
import { failuresOf, type Answer } from '../../test/support/load.ts'

/** What one way to swap a service did to those who used it meanwhile. */
export interface StyleResult {
  readonly style: string
  readonly swaps: number
  readonly requests: number
  readonly failures: readonly string[]
  /** Between two good answers, whoever asked. */
  readonly longestGapMs: number
  /** Of one swap. */
  readonly medianMs: number
  readonly maxMs: number
}

export function resultOf(
  style: string,
  { answers, tookMs }: { readonly answers: readonly Answer[]; readonly tookMs: readonly number[] },
): StyleResult {
  const sorted = tookMs.toSorted((one, other) => one - other)
  return {
    style,
    swaps: tookMs.length,
    requests: answers.length,
    failures: failuresOf(answers),
    longestGapMs: longestGap(answers),
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
    maxMs: sorted.at(-1) ?? Number.NaN,
  }
}

/** Milliseconds. */
export function longestGap(answers: readonly Answer[]): number {
  const ends = answers
    .filter(({ failure }) => failure === null)
    .map(({ endedNs }) => endedNs)
    .toSorted((one, other) => one - other)
  return ends.slice(1).reduce((longest, ns, index) => Math.max(longest, ns - ends[index]!), 0) / 1e6
}

export function describe(results: readonly StyleResult[]): string {
  const head = ['style', 'swaps', 'requests', 'failed', 'share', 'longest gap ms', 'swap s (median)', 'swap s (max)']
  const rows = results.map(({ style, swaps, requests, failures, longestGapMs, medianMs, maxMs }) => [
    style,
    String(swaps),
    String(requests),
    String(failures.length),
    `${((failures.length / Math.max(1, requests)) * 100).toFixed(3)} %`,
    longestGapMs.toFixed(0),
    (medianMs / 1000).toFixed(1),
    (maxMs / 1000).toFixed(1),
  ])
  return [table([head, ...rows]), ...results.flatMap(wordsOf)].join('\n')
}

/** What failed, each kind once, the most frequent first. */
function wordsOf({ style, failures }: StyleResult): readonly string[] {
  const counts = new Map<string, number>()
  for (const failure of failures) counts.set(failure, (counts.get(failure) ?? 0) + 1)
  return [...counts]
    .toSorted(([, one], [, other]) => other - one)
    .slice(0, 5)
    .map(([failure, count]) => `${style}: ${count} x ${failure}`)
}
