import { isIP } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { EVENTS_MAX, type EventFilter } from '../../../control/guard/events/query.ts'
import type { EventFault, EventsVerdict } from '../../../control/guard/events/verify.ts'
import { Problem } from '../../../core/problem.ts'
import { EVENT_KINDS } from '../../../guard/event.ts'
import { THREAT_CLASSES } from '../../../guard/threats.ts'
import { environmentCommand, globalsOf, openProjectOf, type MakeCommand } from '../../command.ts'
import { describeEvent } from '../../guard-text.ts'
import { print, printJson, table } from '../../output.ts'
import { recordsOf } from '../../records-of.ts'
import type { Records } from '../../records.ts'
import { sinceOf } from '../../since.ts'

const SHOWN = 100
const FOLLOW_EVERY_MS = 300

interface Options {
  readonly since?: string
  readonly class?: string
  readonly client?: string
  readonly route?: string
  readonly kind?: string
  readonly limit?: string
  readonly follow?: boolean
  readonly verify?: boolean
}

const DESCRIPTION = 'Security events: refusals, attacks, blocks; reads the files, whether the environment is up or not.'

export const eventsCommand: MakeCommand = () => {
  const command = environmentCommand('events', DESCRIPTION)
    .option('--since <time>', "only since then: '2h', '7d', or an ISO 8601 time (UTC unless it names a zone)")
    .option('--class <class>', 'only attacks of this class, such as sqli')
    .option('--client <address>', 'only of this client')
    .option('--route <path>', 'only of requests below this path')
    .option('--kind <kind>', 'only of this kind, such as threat, blocked or rate-limited')
    .option('--limit <count>', `the newest so many, at most ${EVENTS_MAX} (default: ${SHOWN})`)
    .option('--follow', 'go on with those to come, until Ctrl-C')
    .option('--verify', 'follow the chain of hashes; ends with 1 and names each event that is altered or missing')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy guard events --since 1h --class sqli\n  seaworthy guard events production --verify',
    )
    .action(async (environment: string | undefined, options: Options) => {
      const { json } = globalsOf(command)
      const filter = filterOf(options)
      const limit = limitOf(options.limit)
      const records = await recordsOf(await openProjectOf(command, environment, { readsOnly: true }))
      if (options.verify) return tell(await records.verifyEvents(), json)
      if (options.follow) return follow(records, filter, limit, json)
      const events = await records.events(filter, limit)
      if (json) return printJson(events)
      print(events.length === 0 ? 'no events' : table(events.map(describeEvent)))
    })
  return command
}

function tell({ faults, files, records, first, head, tornBytes }: EventsVerdict, json: boolean): void {
  if (faults.length > 0) {
    throw new Problem('guard.events-broken', `the security events are not as they were written`, {
      details: faults.map(describeFault),
      hint: `${records} events were read in ${files.length} files. Compare with a copy kept elsewhere.`,
    })
  }
  if (json) return printJson({ ok: true, records, first, head, files, tornBytes })
  if (records === 0) return print('there are no events, and none were written')
  const older =
    first === 1 ? '' : ` (those before ${first} were taken away because of their age or mass, as the log says)`
  print(`${records} events follow each other from ${first} to ${head.sequence}${older}; the last is ${head.hash}`)
  if (tornBytes > 0)
    print(`${tornBytes} bytes of an event that a crash has cut, or that is being written: no sign of tampering`)
}

function describeFault({ file, line, because }: EventFault): string {
  return file === null ? because : `${file} line ${line}: ${because}`
}

/** One event a line, as soon as it is written. */
async function follow(records: Records, filter: EventFilter, limit: number, json: boolean): Promise<void> {
  using watched = records.watchEvents()
  let after = 0
  for (let look = 0; ; look++) {
    const events = await watched.events({ ...filter, after }, look === 0 ? limit : EVENTS_MAX)
    for (const event of events) print(json ? JSON.stringify(event) : describeEvent(event).join('  '))
    after = events.at(-1)?.sequence ?? after
    await wait(FOLLOW_EVERY_MS)
  }
}

function filterOf({ since, client, route, kind, class: threat }: Options): EventFilter {
  const sinceMs = sinceOf(since)
  mustBeOneOf('--kind', kind, EVENT_KINDS)
  mustBeOneOf('--class', threat, THREAT_CLASSES)
  if (client !== undefined && isIP(client.split('/', 1)[0]!) === 0)
    throw new Problem('cli.usage', `--client ${client} is no address`, {
      hint: 'Events show the addresses of clients.',
    })
  return {
    ...(sinceMs === null ? {} : { sinceMs }),
    ...(kind === undefined ? {} : { kind }),
    ...(threat === undefined ? {} : { class: threat }),
    ...(client === undefined ? {} : { client }),
    ...(route === undefined ? {} : { route }),
  }
}

function mustBeOneOf(option: string, value: string | undefined, known: readonly string[]): void {
  if (value === undefined || known.includes(value)) return
  throw new Problem('cli.usage', `${option} ${value} is unknown`, { hint: `There are: ${known.join(', ')}.` })
}

function limitOf(limit: string | undefined): number {
  const count = limit === undefined ? SHOWN : Number(limit)
  if (Number.isInteger(count) && count > 0 && count <= EVENTS_MAX) return count
  throw new Problem('cli.usage', `--limit ${limit} is no number from 1 to ${EVENTS_MAX}`)
}
