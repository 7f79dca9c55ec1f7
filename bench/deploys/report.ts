import { table } from '../../src/cli/output.ts'
import type { BenchOptions } from './options.ts'
import type { StyleResult } from './style.ts'

export interface Bar {
  readonly name: string
  readonly figure: string
  readonly bar: string
  readonly held: boolean
}

const HEAD = [
  'style',
  'deploys',
  'requests',
  'failed',
  'share',
  'flip-backs',
  'p99 ms',
  'longest gap ms',
  'switch ms (max)',
  'drain ms (median)',
  'WebSockets closed/moved',
  'uploads',
]

/** The figures of all styles beside each other, then what failed in words. */
export function describe(results: readonly StyleResult[]): string {
  return [table([HEAD, ...results.map(row)]), '', ...results.flatMap(details)].join('\n')
}

function row(result: StyleResult): readonly string[] {
  const { requests, failed, socketsClosed, socketsMoved, uploads, uploadsOk } = result
  return [
    result.style,
    String(result.deploys),
    String(requests),
    String(failed),
    `${((failed / Math.max(1, requests)) * 100).toFixed(3)} %`,
    String(result.flipBacks),
    result.p99Ms?.toFixed(1) ?? '-',
    result.longestGapMs.toFixed(0),
    result.switchesMs.length === 0 ? '-' : Math.max(...result.switchesMs).toFixed(1),
    median(result.drainsMs)?.toFixed(0) ?? '-',
    `${socketsClosed}/${socketsMoved}`,
    `${uploadsOk}/${uploads}`,
  ]
}

function details(result: StyleResult): readonly string[] {
  const { style, kinds, witness, failures, uploadFailures, socketsOtherwise } = result
  const counts = Object.entries(kinds).map(([kind, { requests, failed }]) => `${kind} ${failed} of ${requests}`)
  const otherwise = Object.entries(socketsOtherwise).map(([code, count]) => `${code}: ${count}`)
  return [
    `${style}: ${result.seconds.toFixed(0)} s; failed by kind: ${counts.toSorted().join(', ')}`,
    `${style}: the deploys' own witnesses: ${witness.sent} sent, ${witness.failed} failed, ${witness.flipBacks} flip-backs, WebSockets ${witness.socketsClosed} closed and ${witness.socketsMoved} moved`,
    `${style}: WebSockets back after ${median(result.reconnectsMs)?.toFixed(1) ?? '-'} ms (median)`,
    ...(otherwise.length > 0 ? [`${style}: WebSockets ended otherwise, by close code: ${otherwise.join(', ')}`] : []),
    ...failures.map((failure) => `${style}: failed: ${failure}`),
    ...uploadFailures.slice(0, 5).map((failure) => `${style}: upload failed: ${failure}`),
    ...(result.incomplete === null
      ? []
      : [`${style}: INCOMPLETE after ${result.deploys} deploys: ${result.incomplete}`]),
  ]
}

/** What must hold. Failures that the deploys' own witnesses saw count as well. */
export function barsOf(results: readonly StyleResult[], { deploys, sockets }: BenchOptions): readonly Bar[] {
  const product = results.find(({ style }) => style === 'seaworthy')
  const controlled = (style: StyleResult['style']): Bar => {
    const failed = results.find((result) => result.style === style)?.failed ?? 0
    return { name: `control ${style} failures`, figure: String(failed), bar: '> 0', held: failed > 0 }
  }
  if (product === undefined) return [{ name: 'deploys', figure: '0', bar: String(deploys), held: false }]
  const { witness, socketsClosed, socketsMoved, socketsOtherwise, uploads, uploadsOk, warm } = product
  const failed = product.failed + witness.failed
  const flipBacks = product.flipBacks + witness.flipBacks
  const allSockets = deploys * sockets
  const otherwise = Object.values(socketsOtherwise).reduce((total, count) => total + count, 0)
  return [
    { name: 'failed requests', figure: String(failed), bar: '0', held: failed === 0 },
    { name: 'flip-backs', figure: String(flipBacks), bar: '0', held: flipBacks === 0 },
    {
      name: 'WebSockets moved',
      figure: String(socketsMoved),
      bar: String(allSockets),
      held:
        [socketsClosed, socketsMoved, witness.socketsClosed, witness.socketsMoved].every((n) => n === allSockets) &&
        otherwise === 0,
    },
    {
      name: 'uploads completed',
      figure: String(uploadsOk),
      bar: String(deploys),
      held: uploads === deploys && uploadsOk === deploys,
    },
    controlled('stop-first'),
    controlled('kill-old'),
    { name: 'releases warm at the end', figure: String(warm), bar: '<= 1', held: warm <= 1 },
  ]
}

export function describeBar({ name, figure, bar, held }: Bar): string {
  return `bar ${name}: ${figure}, bar ${bar}: ${held ? 'held' : 'missed'}`
}

function median(values: readonly number[]): number | null {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? null
}
