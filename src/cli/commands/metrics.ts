import { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import { parseDuration } from '../../core/quantity.ts'
import { globalsOf, openEnvironment, type MakeCommand } from '../command.ts'
import { catalogueText, rangeText, rawText, valuesText } from '../metrics-text.ts'
import { print, printJson } from '../output.ts'

const STEPS = 240
const STEP_LEAST_MS = 10_000
const RAW_MS = 300_000

interface Options {
  readonly range?: string
  readonly step?: string
  readonly raw?: boolean
}

export const metricsCommand: MakeCommand = () => {
  const command = new Command('metrics')
    .description('What is measured: every metric with its newest value, or what a query in PromQL yields.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .option('--range <duration>', "how it was for that long up to now: '1h', '7d'")
    .option('--step <duration>', `between two points of a range (default: a ${STEPS}th of it)`)
    .option(
      '--raw',
      'the samples as they were collected, of a metric such as \'seaworthy_instance_up{service="api"}\' (default range: 5min)',
    )
    .argument('[query]', 'an expression; without it, the catalogue')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .addHelpText(
      'after',
      `
Examples:
  seaworthy metrics
  seaworthy metrics 'sum by (service) (rate(seaworthy_requests_total[5m]))'
  seaworthy metrics --range 6h 'seaworthy_instance_memory_bytes'
  seaworthy metrics --raw 'seaworthy_instance_up{service="api"}'`,
    )
    .action(async (query: string | undefined, environment: string | undefined, options: Options) => {
      checkOptions(query, options)
      using opened = await openEnvironment(command, environment)
      const { control } = opened
      const { json } = globalsOf(command)
      if (query === undefined) {
        const answer = await control.call('series.newest', {})
        if (json) printJson(answer)
        else print(catalogueText(answer.metrics, answer.at))
        return
      }
      const end = Date.now()
      const rangeMs = durationOf('--range', options.range)
      if (options.raw === true) {
        const { series } = await control.call('series.raw', { query, from: end - (rangeMs ?? RAW_MS), to: end })
        if (json) printJson({ series })
        else print(rawText(series))
      } else if (rangeMs === null) {
        const answer = await control.call('series.query', { query, at: null })
        if (json) printJson(answer)
        else print(valuesText(answer.values))
      } else {
        const step = durationOf('--step', options.step) ?? Math.max(STEP_LEAST_MS, Math.ceil(rangeMs / STEPS))
        const start = end - rangeMs
        const { series } = await control.call('series.range', { query, start, end, step })
        if (json) printJson({ start, end, step, series })
        else print(rangeText(series, { start, end }))
      }
    })
  return command
}

function checkOptions(query: string | undefined, { range, step, raw }: Options): void {
  if (query === undefined && (range !== undefined || raw === true))
    throw new Problem('cli.usage', '--range and --raw are about a query', {
      hint: "seaworthy metrics --range 1h 'QUERY'",
    })
  if (step !== undefined && range === undefined) throw new Problem('cli.usage', '--step needs --range')
}

function durationOf(option: string, text: string | undefined): number | null {
  if (text === undefined) return null
  const parsed = parseDuration(text)
  if (parsed.ok && parsed.value > 0) return parsed.value
  throw new Problem('cli.usage', `${option} ${text} is no time`, { hint: "Write how long: '30s', '5min', '6h', '7d'." })
}
