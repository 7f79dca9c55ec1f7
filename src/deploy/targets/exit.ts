/** So many restarts, and it waits for the next one: a crash loop. As often as on `process`. */
export const CRASHES_MAX = 5

const SIGNALS: Readonly<Record<number, string>> = { 134: 'SIGABRT', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' }

/** Above 128 the number is a signal's, if nobody exits with that number on purpose. */
export function exitText(code: number): string {
  const signal = SIGNALS[code]
  return signal === undefined ? `exited with ${code}` : `exited with ${code} (${signal})`
}

/** Of a program's last lines the one that tells most, to put behind a sentence; '' when it said nothing. */
export function lastWord(lastLines: readonly string[]): string {
  const telling =
    lastLines.findLast((line) => /error|exception|panic|fatal|cannot|failed/i.test(line)) ?? lastLines.at(-1)
  return telling === undefined ? '' : `: ${telling.trim().slice(0, 200)}`
}
