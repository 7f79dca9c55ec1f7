import { once } from 'node:events'
import { existsSync } from 'node:fs'
import type { ResolvedApp } from '../../config/resolved.ts'
import { connectControl, environmentDown, type ControlClient } from '../../control/api/client.ts'
import { Problem } from '../../core/problem.ts'
import { socketPath } from '../../keeper/paths.ts'
import { LEVELS, type Level, type LogQuery } from '../../observe/logs/line.ts'
import { sourceOf } from '../../observe/logs/source.ts'
import { environmentCommand, globalsOf, openProjectOf, sayFor, type MakeCommand } from '../command.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { exportLogs, followKept, searchKept } from '../kept-logs.ts'
import { listLogFiles, readLogs } from '../log-files.ts'
import { followFiles } from '../log-follow.ts'
import type { ShownLine } from '../log-lines.ts'
import { printLine } from '../log-text.ts'
import { requestNote } from '../request-note.ts'
import { momentOf } from '../since.ts'

const FROM_FILES = 'control does not answer: these lines come from the files, as they were written'
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
  const command = environmentCommand('logs', 'The output of everything that runs, as control keeps it, merged by time.')
    .option('-f, --follow', 'go on with new lines')
    .option('-s, --service <name>', "a service's instances and jobs, or 'gateway', 'control', 'keeper', 'hook'")
    .option('-i, --instance <id>', 'one instance')
    .option('-l, --level <level>', `at least: ${LEVELS.join(', ')}`)
    .option('--since <when>', "a time (UTC unless it names a zone), or how long ago: '10min'")
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
      const project = await openProjectOf(command, environment, { readsOnly: true })
      const { stateFolder, app } = project
      const query = readQuery(options)
      const hosted = await hostedOf(project)
      const written = async (): Promise<readonly string[]> =>
        hosted === null
          ? listLogFiles(stateFolder, {}).map(({ source }) => sourceOf(source).service)
          : (await hosted.logSources()).map(({ instance }) => instance.service)
      if (options.service !== undefined) await mustBeKnown(options.service, app, written)
      if (hosted !== null) {
        const { followHosted, showHosted } = await import('../hosted/logs.ts')
        if (options.export)
          throw new Problem(
            'cli.usage',
            '--export is for target `process`: elsewhere these lines are kept by who runs the instances',
          )
        const print = (line: ShownLine): void => printLine(line, json)
        const shows = { project, hosted, query, print, note: noteTo(sayFor(command)) }
        return await (options.follow ? followHosted : showHosted)(shows, readCount(options.lines))
      }
      const count = readCount(options.lines)
      if (options.export) {
        using control = connectTo(stateFolder)
        return await exportLogs(control, query, writeOut)
      }
      const say = sayFor(command)
      const shows = { stateFolder, query, json, print: (line: ShownLine) => printLine(line, json), note: noteTo(say) }
      if (options.follow) return await follow(shows, count)
      const isOneRequest = query.correlationId !== undefined || query.traceId !== undefined
      await show(shows, count, isOneRequest && !json)
    })
  return command
}

interface Shows {
  readonly stateFolder: string
  readonly query: LogQuery
  readonly json: boolean
  readonly print: (line: ShownLine) => void
  readonly note: (text: string) => void
}

/** Prints the newest lines; of one request also what leads on from it. */
async function show({ stateFolder, query, print, note }: Shows, count: number, leadsOn: boolean): Promise<void> {
  using control = connectTo(stateFolder)
  const kept = await searchKept(control, query, count)
  if (kept === null) note(FROM_FILES)
  for (const line of kept ?? readLogs(stateFolder, query, count)) print(line)
  if (kept !== null && leadsOn) for (const text of await requestNote(control, kept)) note(text)
}

/** Goes on with new lines until it is interrupted. */
async function follow(shows: Shows, count: number): Promise<void> {
  const { stateFolder, query, print, note } = shows
  const interrupted = new AbortController()
  process.once('SIGINT', () => interrupted.abort())
  process.once('SIGTERM', () => interrupted.abort())
  const { signal } = interrupted
  const first = async (): Promise<readonly ShownLine[] | null> => {
    using control = connectTo(stateFolder)
    return await searchKept(control, query, count)
  }
  if ((await first()) === null) {
    note(FROM_FILES)
    for (const line of readLogs(stateFolder, query, count)) print(line)
    return await followFiles({ ...shows, signal })
  }
  const to = socketPath(stateFolder, 'control')
  const { isAway, lastMs } = await followKept({ to, query, first, print, note, signal })
  if (!isAway || signal.aborted) return
  note(FROM_FILES)
  await followFiles({ ...shows, signal, afterMs: lastMs })
}

/**
 * What runs or has run. @param written whose output is kept: a service that was taken out of the config may be among them
 * @throws Problem `cli.usage`
 */
async function mustBeKnown(
  name: string,
  { services, needs }: ResolvedApp,
  written: () => Promise<readonly string[]>,
): Promise<void> {
  const declared = [...Object.keys(services), ...Object.keys(needs), ...OURS]
  if (declared.includes(name)) return
  const known = new Set([...declared, ...(await written())])
  if (!known.has(name)) throw new Problem('cli.usage', `--service: '${name}' is none of ${[...known].join(', ')}`)
}

function readQuery(options: LogsOptions): LogQuery {
  const { service, instance, level, since, until, trace, text } = options
  const correlationId = options.id ?? options.correlation
  return {
    ...(service === undefined ? {} : { service }),
    ...(instance === undefined ? {} : { instance }),
    ...(level === undefined ? {} : { level: readLevel(level) }),
    ...(since === undefined ? {} : { fromMs: momentOf(since, '--since') }),
    ...(until === undefined ? {} : { toMs: momentOf(until, '--until') }),
    ...(correlationId === undefined ? {} : { correlationId }),
    ...(trace === undefined ? {} : { traceId: trace.toLowerCase() }),
    ...(text === undefined ? {} : { text }),
  }
}

function connectTo(stateFolder: string): ControlClient & Disposable {
  if (!existsSync(stateFolder)) throw environmentDown(stateFolder)
  const control = connectControl(socketPath(stateFolder, 'control'), { awayMs: 1_000 })
  return { ...control, [Symbol.dispose]: () => control.close() }
}

/** Beside the lines, which may go to another program. */
function noteTo(say: (text: string) => string): (text: string) => void {
  return (text) => void process.stderr.write(`→ ${say(text)}\n`)
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

function readCount(text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count >= 0) return count
  throw new Problem('cli.usage', `--lines: '${text}' is no whole number`)
}
