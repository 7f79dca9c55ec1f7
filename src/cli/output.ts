import { styleText } from 'node:util'
import { Problem } from '../core/problem.ts'

/** 0 done, 1 failed, 2 usage or config, 3 the world moved since the plan, 4 a promise or drill failed. */
export const EXIT = { done: 0, failed: 1, usage: 2, moved: 3, broken: 4 } as const

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Problem)) return EXIT.failed
  if (error.code === 'deploy.moved' || error.code === 'lease.lost') return EXIT.moved
  return /^(config|cli|host|init|promise|render|secret|target)\./.test(error.code) ? EXIT.usage : EXIT.failed
}

/** What went wrong and what to do next, put into words by `say`; our own bugs show their stack. */
export function printError(error: unknown, json: boolean, say = (text: string): string => text): void {
  if (json) {
    const problem = error instanceof Problem ? error : new Problem('internal', String(error))
    const { code, message, hint, details } = problem.toJSON()
    const said = { code, message: say(message), hint: hint === null ? null : say(hint), details: details.map(say) }
    process.stdout.write(JSON.stringify({ kind: 'problem', ...said }) + '\n')
    return
  }
  const { stderr } = process
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    stderr.isTTY ? styleText(style, text) : text
  if (!(error instanceof Problem)) {
    stderr.write(
      `${paint('red', 'This is a bug in Seaworthy:')} ${error instanceof Error ? error.stack : String(error)}\n`,
    )
    return
  }
  stderr.write(`${paint('red', printable(say(error.message)))}  [${error.code}]\n`)
  for (const detail of error.details) stderr.write(`  ${printable(say(detail))}\n`)
  if (error.hint) stderr.write(`${paint('cyan', '→')} ${printable(say(error.hint))}\n`)
}

let comesToItsEnd = false

/** What becomes of this command when nobody reads what it says any more. @default 'ends', as `seaworthy logs | head` should */
export function whenUnheard(what: 'ends' | 'comes-to-its-end'): void {
  comesToItsEnd = what === 'comes-to-its-end'
}

/** The other end of its output was closed. */
export function unheard(): void {
  if (!comesToItsEnd) process.exit(EXIT.done)
}

export function printJson(value: unknown): void {
  process.stdout.write(JSON.stringify(value, null, 2) + '\n')
}

export function print(text: string): void {
  process.stdout.write(`${printable(text)}\n`)
}

/** What an app or a client has written (a label, the last lines of a job) must not steer the terminal of who reads it. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what it is about
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '?')
}

/** Columns of text, each as wide as its widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = rows.reduce<number[]>(
    (sofar, row) => row.map((cell, index) => Math.max(sofar[index] ?? 0, cell.length)),
    [],
  )
  return rows
    .map((row) => row.map((cell, index) => (index === row.length - 1 ? cell : cell.padEnd(widths[index]!))).join('  '))
    .join('\n')
}
