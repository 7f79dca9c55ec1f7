import { table } from '../../src/cli/output.ts'
import type { StyleResult } from './style.ts'

export interface Bar {
  readonly name: string
  readonly figure: string
  readonly bar: string
  readonly held: boolean
}

const HEAD = [
  'style',
  'upgrades',
  'requests',
  'failed',
  'on reused',
  'serving after ms (median, max)',
  'old gone after ms',
]

/** The figures of both styles beside each other, then what failed in words. */
export function describe(results: readonly StyleResult[]): string {
  const failures = results.flatMap((result) => result.failures.map((text) => `${result.style}: failed: ${text}`))
  return [table([HEAD, ...results.map(row)]), ...failures].join('\n')
}

function row({ style, upgrades, requests, failed, failedOnReused, tookMs, goneMs }: StyleResult): readonly string[] {
  const figures = (values: readonly number[]): string => `${median(values) ?? '-'}, ${Math.max(0, ...values)}`
  return [style, upgrades, requests, failed, failedOnReused, figures(tookMs), figures(goneMs)].map(String)
}

/** What must hold: the product loses nothing, and the harness can see it when somebody does. */
export function barsOf(results: readonly StyleResult[], upgrades: number): readonly Bar[] {
  const product = results.find(({ style }) => style === 'seaworthy')
  const naive = results.find(({ style }) => style === 'server.close')
  const done = product?.upgrades ?? 0
  const failed = product?.failed ?? Number.NaN
  const uncounted = (product?.requests ?? Number.NaN) - (product?.counted ?? Number.NaN)
  const naiveFailed = naive?.failed ?? 0
  return [
    { name: 'upgrades', figure: String(done), bar: String(upgrades), held: done === upgrades },
    { name: 'failed requests', figure: String(failed), bar: '0', held: failed === 0 },
    { name: 'requests the counters have lost', figure: String(uncounted), bar: '0', held: uncounted === 0 },
    { name: 'control server.close failures', figure: String(naiveFailed), bar: '> 0', held: naiveFailed > 0 },
  ]
}

export function describeBar({ name, figure, bar, held }: Bar): string {
  return `bar ${name}: ${figure}, bar ${bar}: ${held ? 'held' : 'missed'}`
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null
}
