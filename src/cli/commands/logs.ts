import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { ResolvedApp } from '../../config/resolved.ts'
import { connectControl, environmentDown, type ControlClient } from '../../control/api/client.ts'
import { socketPath } from '../../keeper/paths.ts'
import { exportLogs, searchLogs } from '../search-logs.ts'
import { LEVELS, type Level } from '../../core/logger.ts'
import { Problem } from '../../core/problem.ts'
import { parseDuration } from '../../core/quantity.ts'
import { environmentCommand, globalsOf, openProjectOf, type MakeCommand } from '../command.ts'
import { listLogFiles, readLogs } from '../log-files.ts'
import { followLogs, printLine } from '../log-follow.ts'
import { serviceOf, type LogFilter } from '../log-lines.ts'

const OURS = ['gateway', 'control', 'keeper', 'hook']

interface LogsOptions {
  readonly service?: string
  readonly instance?: string
  readonly level?: string
  readonly since?: string
  readonly until?: string
  readonly id?: string
  readonly correlation?: string
  readonly trace?: string
  readonly text?: string
  readonly export?: boolean
  readonly lines: string
  readonly follow?: boolean
}

export const logsCommand: MakeCommand = () => {
  const command = environmentCommand('logs', 'The output of everything that runs, merged by time.')
    .option('-f, --follow', 'go on with new lines')
    .option('-s, --service <name>', "a service's instances and jobs, or 'gateway', 'control', 'keeper', 'hook'")
    .option('-i, --instance <id>', 'one instance')
    .option('-l, --level <level>', `at least: ${LEVELS.join(', ')}`)
    .option('--since <when>', "a time, or how long ago: '10min'")
    .option('--until <when>', 'likewise')
    .option('--id <correlation>', "one request's lines, everywhere")
    .option('--correlation <id>', 'the same as --id')
    .option('--trace <id>', "one trace's lines, everywhere")
    .option('--text <words>', 'lines that hold every one of these words, of the last 30 days')
    .option('--export', 'every kept line that matches as JSON, a line each, the newest first')
    .option('-n, --lines <count>', 'at most so many, the newest', '200')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy logs -f\n  seaworthy logs --service api --level warn --since 10min\n  seaworthy logs --id 4bf92f3577b34da6a3ce929d0e0e4736',
    )
    .action(async (environment: string | undefined, options: LogsOptions) => {
      const { json } = globalsOf(command)
      const { stateFolder, app } = await openProjectOf(command, environment)
      const filter = readFilter(options)
      if (options.service !== undefined) mustBeKnown(options.service, app, stateFolder)
      const count = readCount(options.lines)
      if (options.export) {
        using control = connectTo(stateFolder)
        return await exportLogs(control, filter, writeOut)
      }
      const asksKept = filter.text !== undefined || filter.trace !== undefined
      const kept = asksKept ? await search(stateFolder, filter, count) : null
      for (const line of kept ?? readLogs(stateFolder, filter, count)) printLine(line, json)
      if (!options.follow) return
      const interrupted = new AbortController()
      process.once('SIGINT', () => interrupted.abort())
      process.once('SIGTERM', () => interrupted.abort())
      await followLogs({ stateFolder, filter, json, signal: interrupted.signal })
    })
  return command
}

/** What runs or has run: a service that was taken out of the config has left its files. @throws Problem `cli.usage` */
function mustBeKnown(name: string, { services, needs }: ResolvedApp, stateFolder: string): void {
  const written = listLogFiles(stateFolder, {}).map(({ source }) => serviceOf(source))
  const known = new Set([...Object.keys(services), ...Object.keys(needs), ...OURS, ...written])
  if (known.has(name)) return
  throw new Problem('cli.usage', `--service: '${name}' is none of ${[...known].join(', ')}`)
}

function readFilter(options: LogsOptions): LogFilter {
  const { service, instance, level, since, until, trace, text } = options
  const id = options.id ?? options.correlation
  return {
    ...(service === undefined ? {} : { service }),
    ...(instance === undefined ? {} : { instance }),
    ...(level === undefined ? {} : { level: readLevel(level) }),
    ...(since === undefined ? {} : { since: readTime(since, '--since') }),
    ...(until === undefined ? {} : { until: readTime(until, '--until') }),
    ...(id === undefined ? {} : { correlation: id }),
    ...(trace === undefined ? {} : { trace: trace.toLowerCase() }),
    ...(text === undefined ? {} : { text }),
  }
}

async function search(stateFolder: string, filter: LogFilter, count: number): ReturnType<typeof searchLogs> {
  using control = connectTo(stateFolder)
  return await searchLogs(control, filter, count)
}

function connectTo(stateFolder: string): ControlClient & Disposable {
  if (!existsSync(stateFolder)) throw environmentDown(stateFolder)
  const control = connectControl(socketPath(stateFolder, 'control'), { awayMs: 1_000 })
  return { ...control, [Symbol.dispose]: () => control.close() }
}

/** Resolves when it has been taken: a slow reader must not have us hold everything. */
async function writeOut(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain')
}

function readLevel(text: string): Level {
  const level = LEVELS.find((name) => name === text)
  if (level) return level
  throw new Problem('cli.usage', `--level: '${text}' is none of ${LEVELS.join(', ')}`)
}

function readTime(text: string, option: string): number {
  const duration = parseDuration(text)
  if (duration.ok) return Date.now() - duration.value
  const at = Date.parse(text)
  if (Number.isNaN(at))
    throw new Problem('cli.usage', `${option}: '${text}' is neither a time nor a duration like '10min'`)
  return at
}

function readCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0) return count
  throw new Problem('cli.usage', `--lines: '${text}' is no whole number`)
}
