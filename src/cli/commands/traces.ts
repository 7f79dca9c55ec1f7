import { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import type { TraceQuery } from '../../observe/traces/store.ts'
import { globalsOf, openEnvironment, type MakeCommand } from '../command.ts'
import { addDefaultAction } from '../default-action.ts'
import { print, printJson } from '../output.ts'
import { sinceOf } from '../since.ts'
import { traceTable, traceWaterfall } from '../trace-text.ts'

interface ListOptions {
  readonly slow?: boolean
  readonly failed?: boolean
  readonly route?: string
  readonly since?: string
  readonly lines: string
}

export const tracesCommand: MakeCommand = () => {
  const command = new Command('traces')
    .description('The slowest and the failed requests of each route, with where their time went.')
    .enablePositionalOptions()
  addDefaultAction(command, listCommand())
  command.addCommand(showCommand())
  return command
}

function listCommand(): Command {
  const command = leaf('list', 'The traces that were kept, newest first.')
    .option('--slow', 'only the slow ones, the slowest first')
    .option('--failed', 'only the failed ones')
    .option('--route <route>', "one route: 'GET /api'")
    .option('--since <when>', "a time (UTC unless it names a zone), or how long ago: '10min'")
    .option('-n, --lines <count>', 'at most so many', '50')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy traces\n  seaworthy traces --slow --since 1h\n  seaworthy traces show 4bf92f3577b34da6a3ce929d0e0e4736',
    )
    .action(async (environment: string | undefined, options: ListOptions) => {
      const query = readQuery(options)
      using opened = await openEnvironment(command, environment, { awayMs: 1_000 })
      const { traces } = await opened.control.call('traces.list', query)
      if (globalsOf(command).json) printJson({ traces })
      else print(traceTable(traces))
    })
  return command
}

function showCommand(): Command {
  const command = leaf('show', 'The spans of one trace, or of one request, in time.')
    .argument('<id>', 'the id of the trace, 32 hexadecimal digits, or the correlation id of the request')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .action(async (id: string, environment: string | undefined) => {
      using opened = await openEnvironment(command, environment, { awayMs: 1_000 })
      const { traces } = await opened.control.call('traces.get', { id })
      if (traces.length === 0)
        throw new Problem('traces.unknown', `no trace of ${id} was kept`, {
          hint: 'Kept are the slowest and the failed requests of each route, for 7 days. Its lines: `seaworthy logs --trace ID`, of a request `seaworthy logs --id ID`.',
        })
      if (globalsOf(command).json) printJson({ traces })
      else print(traces.map(traceWaterfall).join('\n\n'))
    })
  return command
}

function leaf(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
}

function readQuery({ slow, failed, route, since, lines }: ListOptions): TraceQuery {
  if (slow && failed) throw new Problem('cli.usage', 'give --slow or --failed, not both')
  const fromMs = sinceOf(since)
  const limit = Number(lines)
  if (!Number.isInteger(limit) || limit < 1) throw new Problem('cli.usage', `--lines: '${lines}' is no whole number`)
  return {
    limit,
    ...(slow ? { because: 'slow' as const } : failed ? { because: 'failed' as const } : {}),
    ...(route === undefined ? {} : { route }),
    ...(fromMs === null ? {} : { fromMs }),
  }
}
