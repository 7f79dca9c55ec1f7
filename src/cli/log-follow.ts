import { styleText } from 'node:util'
import { FileTail, listLogFiles } from './log-files.ts'
import { matches, type LogFilter, type LogLine } from './log-lines.ts'

const LOOK_EVERY_MS = 150

export interface FollowOptions {
  readonly stateFolder: string
  readonly filter?: LogFilter
  readonly json: boolean
  readonly signal: AbortSignal
}

/** Prints lines as they are written, from files that appear later too, until the signal aborts. */
export async function followLogs({ stateFolder, filter = {}, json, signal }: FollowOptions): Promise<void> {
  const tails = new Map<string, FileTail>()
  let from: 'start' | 'end' = 'end'
  while (!signal.aborted) {
    for (const { file, source, age } of listLogFiles(stateFolder, filter)) {
      if (age === 0 && !tails.has(file)) tails.set(file, new FileTail(file, source, from))
    }
    from = 'start'
    const lines = [...tails.values()].flatMap((tail) => tail.read(true)).filter((line) => matches(line, filter))
    for (const line of lines.toSorted((one, other) => one.at - other.at)) printLine(line, json)
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
  }
}

export function printLine(line: LogLine, json: boolean): void {
  if (json) {
    const { at, source, level, correlation, message } = line
    process.stdout.write(
      JSON.stringify({ time: new Date(at).toISOString(), source, level, correlation, message }) + '\n',
    )
    return
  }
  const time = new Date(line.at).toISOString().slice(11, 23)
  const text = `${time} ${line.source.padEnd(20)} ${line.level === null || line.level === 'info' ? '' : `${line.level.toUpperCase()} `}${line.message}`
  const style = line.level === 'error' ? 'red' : line.level === 'warn' ? 'yellow' : null
  process.stdout.write(`${style && process.stdout.isTTY ? styleText(style, text) : text}\n`)
}
