import { table } from '../src/cli/output.ts'
import type { Outcome, Step } from './story.ts'

/** A deploy may not make anybody wait longer than this for an answer, milliseconds. */
const GAP_MS_MAX = 1_000
const SWITCH_MS_MAX = 1_000
const BACK_MS_MAX = 10_000

/** One table: what was expected of each step, what happened, and what the witness and the users saw. */
export function describe({ steps, attacks, traffic }: Outcome): string {
  const { trades, sockets } = traffic
  return [
    table([HEAD, ...steps.map(rowOf)]),
    '',
    table([
      ['users', `${traffic.requests} requests, ${traffic.failed} failed${blame(traffic)}`],
      ['latency', `p50 ${traffic.latencyMs.p50} ms, p95 ${traffic.latencyMs.p95} ms, p99 ${traffic.latencyMs.p99} ms`],
      [
        'trades',
        `${trades.acknowledged} acknowledged, ${trades.lost} lost, ${trades.doubled} doubled, ${trades.wrong} wrong`,
      ],
      ['money', traffic.conserved ? 'conserved' : 'NOT CONSERVED'],
      [
        'attacks',
        `${attacks.refused} of ${attacks.sent} refused, one client blocked after ${attacks.blockedAfter ?? 'none'}`,
      ],
      ['look-alikes', `${attacks.lookalikes - attacks.mistaken.length} of ${attacks.lookalikes} let through`],
      [
        'judging',
        `${attacks.micros.lookalike.toFixed(1)} µs of CPU a look-alike, ${attacks.micros.attack.toFixed(1)} µs an attack`,
      ],
      ['WebSockets', `${sockets.opened} opened, ${sockets.reconnects} reconnects, longest gap ${sockets.gapMsMax} ms`],
    ]),
  ].join('\n')
}

/** What did not hold, in words. Failed requests are allowed to the release that rots, and to no other. */
export function failures({ steps, attacks, traffic }: Outcome): readonly string[] {
  const { trades } = traffic
  const rotten = rottenOf(traffic)
  const check = (holds: boolean, text: string): readonly string[] => (holds ? [] : [text])
  return [
    ...steps.flatMap((step) => failuresOf(step)),
    ...check(attacks.missed.length === 0, `attacks: not refused: ${attacks.missed.join(', ')}`),
    ...check(attacks.mistaken.length === 0, `look-alikes: refused: ${attacks.mistaken.join(' and ')}`),
    ...check(attacks.blockedAfter !== null, 'attacks: the client that went on was never blocked'),
    ...check(rotten > 0, 'rots: no user saw it fail, so nothing was tried'),
    ...check(
      traffic.failed === rotten,
      `users: ${traffic.failed - rotten} requests failed besides those of rots: ${traffic.failures.join('; ')}`,
    ),
    ...check(trades.acknowledged > 0, 'trades: none was made'),
    ...check(trades.lost + trades.doubled + trades.wrong === 0, `trades: ${traffic.problems.join('; ')}`),
    ...check(traffic.conserved && traffic.problems.length === 0, `money: ${traffic.problems.join('; ')}`),
  ]
}

const HEAD = ['step', 'expected', 'happened', 'witness', 'gap', 'switch', 'detected', 'back', 'drain', 'WebSockets']

function rowOf({ name, expected, deploy }: Step): readonly string[] {
  const { proof, state } = deploy
  const breach = proof?.watch?.verdict === 'breach' ? proof.watch : null
  return [
    name,
    expected,
    state,
    proof ? `${proof.sent} sent, ${proof.failed} failed` : '-',
    proof ? `${proof.longestGapMs.toFixed(0)} ms` : '-',
    proof?.switches.map(({ tookMs }) => `${tookMs.toFixed(1)} ms`).join(', ') || '-',
    breach ? `${breach.detectedMs} ms` : '-',
    breach ? `${breach.backMs} ms` : '-',
    proof?.drain ? `${proof.drain.finished} finished, ${proof.drain.cut} cut` : '-',
    proof?.drain ? `${proof.drain.moved} of ${proof.drain.websockets} moved` : '-',
  ]
}

function failuresOf({ name, expected, deploy }: Step): readonly string[] {
  const { proof, state, message } = deploy
  const wrong: string[] = []
  if (state !== expected) wrong.push(`expected ${expected}, was ${state}${message === null ? '' : ` (${message})`}`)
  if (proof === null) return [...wrong, 'no proof'].map((text) => `${name}: ${text}`)
  const { watch, drain, switches } = proof
  if (proof.sent === 0) wrong.push('the witness sent nothing')
  if (expected !== 'taken-back' && proof.failed > 0) wrong.push(`the witness saw ${proof.failed} failures`)
  if (proof.longestGapMs > GAP_MS_MAX) wrong.push(`the witness waited ${proof.longestGapMs.toFixed(0)} ms`)
  if (proof.flipBacks > 0) wrong.push(`${proof.flipBacks} flip-backs`)
  if (expected === 'refused' && switches.length > 0) wrong.push('it switched')
  if (expected === 'done' && switches.length !== 1) wrong.push(`it switched ${switches.length} times`)
  if (switches.some(({ tookMs }) => tookMs > SWITCH_MS_MAX)) wrong.push(`a switch took longer than ${SWITCH_MS_MAX} ms`)
  if (expected === 'taken-back') {
    if (watch?.verdict !== 'breach') wrong.push('the watch saw no breach')
    else if (watch.detectedMs + watch.backMs > BACK_MS_MAX)
      wrong.push(`it took ${watch.detectedMs + watch.backMs} ms to go back`)
  }
  // 0 of 0 moved would prove nothing: the users hold WebSockets through every good switch.
  if (expected === 'done' && (drain?.websockets ?? 0) === 0) wrong.push('no WebSocket was open to be moved')
  if (drain && drain.cut > 0) wrong.push(`${drain.cut} requests were cut`)
  if (drain && drain.moved < drain.websockets)
    wrong.push(`${drain.websockets - drain.moved} WebSockets did not come back`)
  return wrong.map((text) => `${name}: ${text}`)
}

function rottenOf({ releases }: Outcome['traffic']): number {
  return Object.entries(releases)
    .filter(([release]) => release.endsWith(' rots'))
    .reduce((sum, [, { failed }]) => sum + failed, 0)
}

function blame(traffic: Outcome['traffic']): string {
  const rotten = Object.entries(traffic.releases).find(([release]) => release.endsWith(' rots'))
  if (rotten === undefined) return ''
  return `, ${rottenOf(traffic)} of them by rots, all within ${rotten[1].failedForS.toFixed(2)} s`
}
