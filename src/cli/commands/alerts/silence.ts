import { Command } from 'commander'
import { Problem } from '../../../core/problem.ts'
import { parseDuration } from '../../../core/quantity.ts'
import { describeSilence } from '../../alerts-text.ts'
import { globalsOf, openEnvironment, type MakeCommand } from '../../command.ts'
import { whoAmI } from '../../lease.ts'
import { parseMatcher } from '../../matchers.ts'
import { print, printJson } from '../../output.ts'

interface Options {
  readonly for: string
  readonly reason?: string
  readonly env?: string
  readonly end?: string
}

export const silenceCommand: MakeCommand = () => {
  const command = new Command('silence')
    .description('Mute alerts by their labels for a while; it ends by itself.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('[matchers...]', "labels that all have to fit, such as 'service=api' or 'alertname=~\"High.*\"'")
    .option('--for <time>', "how long, up to '30d'", '1h')
    .option('--reason <text>', 'why, for whoever reads it next')
    .option('--end <silence>', "end one before its time, such as 's3'")
    .option('--env <environment>', "the environment (default: 'local', or the only one)")
    .action(async (texts: readonly string[], options: Options) => {
      const matchers = texts.map(parseMatcher)
      using opened = await openEnvironment(command, options.env)
      const by = whoAmI()
      const call = async () => {
        if (options.end !== undefined) return opened.control.call('alerts.unsilence', { silence: options.end, by })
        if (options.reason === undefined) throw usage('a silence needs its --reason')
        const forMs = forMsOf(options.for)
        return opened.control.call('alerts.silence', { matchers, forMs, reason: options.reason, by })
      }
      const { silence } = await call()
      if (globalsOf(command).json) return printJson({ silence })
      print(describeSilence(silence))
    })
  return command
}

function forMsOf(text: string): number {
  const parsed = parseDuration(text)
  if (parsed.ok && parsed.value > 0) return parsed.value
  throw usage(`--for ${text} is no time`)
}

function usage(message: string): Problem {
  return new Problem('cli.usage', message, {
    hint: "seaworthy alerts silence service=api --for 2h --reason 'new disk'",
  })
}
