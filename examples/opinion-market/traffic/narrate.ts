import type { Summary } from './run.ts'

/** The summary as a person reads it. */
export function narrate(summary: Summary): string {
  const { trades, latencyMs, sockets, releases } = summary
  const closes = Object.entries(sockets.closes).map(([code, count]) => `${count} × ${code}`)
  return [
    `${summary.good ? 'good' : 'NOT GOOD'} after ${summary.seconds} s`,
    `requests   ${summary.requests}, failed ${summary.failed}, refused ${summary.refused}`,
    `trades     ${trades.acknowledged} acknowledged, lost ${trades.lost}, doubled ${trades.doubled}, wrong ${trades.wrong}`,
    `unknown    ${trades.unknown} trades without a good answer, of which ${trades.unknownMade} were made`,
    `conserved  ${summary.conserved ? 'yes' : 'NO'}`,
    `latency    p50 ${latencyMs.p50} ms, p95 ${latencyMs.p95} ms, p99 ${latencyMs.p99} ms, max ${latencyMs.max} ms, from the intended start`,
    ...Object.entries(releases).map(
      ([name, seen]) =>
        `release    ${name}: ${seen.answers} answers, ${seen.firstS} s to ${seen.lastS} s, failed ${seen.failed} within ${seen.failedForS} s`,
    ),
    `websockets ${sockets.opened} opened, ${sockets.messages} messages, closed ${closes.join(', ') || 'never'}, ${sockets.reconnects} reconnects, longest gap ${sockets.gapMsMax} ms`,
    ...summary.failures.map((failure) => `failure    ${failure}`),
    ...summary.problems.map((problem) => `problem    ${problem}`),
  ].join('\n')
}
