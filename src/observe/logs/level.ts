import type { Level } from './line.ts'

/** The level that a field names: a word, or a number as pino and bunyan count (10 … 60); 'info' for what is none. */
export function levelOf(value: unknown): Level {
  if (typeof value === 'number') return NUMBERED[Math.min(Math.max(Math.round(value / 10), 1), 6) - 1]!
  return typeof value === 'string' ? (wordLevel(value) ?? 'info') : 'info'
}

/** OpenTelemetry's severity number: 1 … 24, four to a level. */
export function severityLevel(value: unknown): Level | null {
  return typeof value === 'number' && value >= 1 && value <= 24 ? NUMBERED[Math.ceil(value / 4) - 1]! : null
}

const NUMBERED = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const

function wordLevel(word: string): Level | null {
  const name = word.toLowerCase().replace(/\d$/, '')
  // Whoever makes a program log chooses the word: `constructor` is none of ours.
  return Object.hasOwn(WORDS, name) ? WORDS[name]! : null
}

const WORDS: Readonly<Record<string, Level>> = {
  trace: 'trace',
  silly: 'trace',
  debug: 'debug',
  verbose: 'debug',
  info: 'info',
  information: 'info',
  notice: 'info',
  log: 'info',
  warn: 'warn',
  warning: 'warn',
  err: 'error',
  error: 'error',
  severe: 'error',
  fatal: 'fatal',
  critical: 'fatal',
  crit: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  panic: 'fatal',
}

/** The level that a line of text shows where levels stand, or that a crash gives it; otherwise 'info'. */
export function textLevel(text: string): Level {
  const head = text.slice(0, 120)
  const word = STANDING.exec(head)
    ?.slice(1)
    .find((found) => found !== undefined)
  if (word !== undefined) return wordLevel(word) ?? 'info'
  if (/^(?:panic: |fatal error: )/.test(head)) return 'fatal'
  return CRASH.test(head) ? 'error' : 'info'
}

/** In capitals, in brackets, after `level=`, or at the beginning with a colon behind. */
const STANDING =
  /\b(TRACE|DEBUG|INFO|NOTICE|LOG|WARN|WARNING|ERROR|ERR|FATAL|CRITICAL|PANIC)\b(?!\w|-)|\[(trace|debug|info|notice|warn|warning|error|crit|critical|alert|emerg|fatal)\]|\b(?:level|severity)=["']?(\w+)|^(trace|debug|info|warn|warning|error|fatal|critical):/
const CRASH = /^(?:Uncaught )?(?:[A-Z]\w*\.)*(?:[A-Z]\w*)?(?:Error|Exception)\b|^Traceback \(most recent call last\)/
