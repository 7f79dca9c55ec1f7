import { Command } from 'commander'
import { nearest } from '../../core/nearest.ts'
import { Problem } from '../../core/problem.ts'
import { explain, explanationsOf } from '../../promises/explain.ts'
import { explainRules } from '../../promises/explain-rules.ts'
import { globalsOf, openProjectOf, type MakeCommand } from '../command.ts'
import { print, printJson } from '../output.ts'
import { describeExplanations } from '../promises-text.ts'

export const explainCommand: MakeCommand = () => {
  const command = new Command('explain')
    .description('Why something is what it is: an objective, an alert, a threshold, a watch.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('[what]', 'its name, the beginning of it, or a line of the config (default: list the names)')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy explain\n  seaworthy explain trade/availability\n  seaworthy explain TradeAvailabilityBurn1h\n  seaworthy explain promises.trade.latency.p95 production',
    )
    .action(async (what: string | undefined, environment: string | undefined) => {
      const { app } = await openProjectOf(command, environment)
      const { json } = globalsOf(command)
      const all = [...explanationsOf(app), ...explainRules(app)]
      if (what === undefined) {
        const names = all.map((each) => each.what)
        return json ? printJson(names) : print(names.join('\n'))
      }
      const found = explain(what, all)
      if (found.length === 0)
        throw unknown(
          what,
          all.map((each) => each.what),
        )
      if (json) printJson(found)
      else print(describeExplanations(found))
    })
  return command
}

function unknown(what: string, names: readonly string[]): Problem {
  const near = nearest(what, names)
  return new Problem('cli.nothing-to-explain', `nothing is called ${what}`, {
    hint:
      near === null
        ? '`seaworthy explain` lists the names.'
        : `Did you mean ${near}? \`seaworthy explain\` lists the names.`,
  })
}
