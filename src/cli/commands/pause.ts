import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { parseDuration } from '../../core/quantity.ts'
import { Problem } from '../../core/problem.ts'
import { PAGE_BYTES_MAX } from '../../control/pause.ts'
import { environmentCommand, globalsOf, openEnvironment, sayFor, type MakeCommand } from '../command.ts'
import { whoAmI } from '../lease.ts'
import { print, printJson } from '../output.ts'
import { describePaused } from '../pause-text.ts'

/** Longer than anybody's client waits; a timer of Node ends at 24 days. */
const WAIT_MS_MAX = 60 * 60 * 1000

interface PauseOptions {
  readonly service?: readonly string[]
  readonly maintenance?: boolean
  readonly page?: string
  readonly wait?: string
}

export const pauseCommand: MakeCommand = () => {
  const command = environmentCommand(
    'pause',
    'Requests wait at the gateway until `seaworthy resume`, within bounds; or get a maintenance page.',
  )
    .option('--service <name...>', 'only these services (default: all)')
    .option('--maintenance', 'answer 503 at once instead of holding')
    .option('--page <file>', 'with --maintenance: an HTML file of at most 256 KiB to answer with')
    .option('--wait <duration>', 'how long a request is held at most (default: gateway.pause.wait)')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy pause                       while a database fails over\n' +
        '  seaworthy pause --service api --wait 1min\n  seaworthy pause --maintenance --page maintenance.html',
    )
    .action(async (environment: string | undefined, options: PauseOptions) => {
      const order = orderOf(options)
      using opened = await openEnvironment(command, environment)
      const { pause } = await opened.control.call('pause.begin', { ...order, by: whoAmI() })
      if (globalsOf(command).json) printJson(pause)
      else print(sayFor(command)(`${describePaused(pause)}; \`seaworthy resume\` ends it`))
    })
  return command
}

/** @throws Problem `cli.usage`, `pause.page-too-large`, `pause.page-unreadable` */
function orderOf({ service, maintenance = false, page, wait }: PauseOptions) {
  if (page !== undefined && !maintenance) throw new Problem('cli.usage', '--page goes with --maintenance')
  if (wait !== undefined && maintenance) throw new Problem('cli.usage', '--wait is for requests that are held')
  return {
    kind: maintenance ? ('maintenance' as const) : ('hold' as const),
    services: service ?? null,
    waitMs: wait === undefined ? null : waitMsOf(wait),
    page: page === undefined ? null : readPage(page),
  }
}

function waitMsOf(text: string): number {
  const parsed = parseDuration(text)
  if (parsed.ok && parsed.value > 0 && parsed.value <= WAIT_MS_MAX) return parsed.value
  const expected = parsed.ok ? 'a duration above 0 and of at most 1h' : parsed.expected
  throw new Problem('cli.usage', `--wait: expected ${expected}, got ${JSON.stringify(text)}`)
}

/** Bounded, whatever the name stands for: a pipe would never end, a file may grow meanwhile. */
export function readPage(file: string): string {
  const unreadable = (because: string, cause?: unknown): Problem =>
    new Problem('pause.page-unreadable', `${file} ${because}`, {
      hint: 'Name an HTML file. Nothing was paused.',
      cause,
    })
  let bytes: Buffer
  let descriptor: number | undefined
  try {
    // Without waiting for a writer: that is how a pipe is opened otherwise.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    if (!fstatSync(descriptor).isFile()) throw unreadable('is no file')
    bytes = readUpTo(descriptor, PAGE_BYTES_MAX + 1)
  } catch (error) {
    throw error instanceof Problem ? error : unreadable('cannot be read', error)
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
  if (bytes.length <= PAGE_BYTES_MAX) return bytes.toString('utf8')
  throw new Problem('pause.page-too-large', `${file} has more than ${PAGE_BYTES_MAX / 1024} KiB`, {
    hint: 'Every worker keeps it in memory: link to large images, or make them smaller.',
  })
}

function readUpTo(descriptor: number, bytesMax: number): Buffer {
  const bytes = Buffer.alloc(bytesMax)
  let length = 0
  for (let count = -1; count !== 0 && length < bytesMax; length += count)
    count = readSync(descriptor, bytes, length, bytesMax - length, null)
  return bytes.subarray(0, length)
}
