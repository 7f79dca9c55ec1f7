import { Command } from 'commander'
import { nearest } from '../../core/nearest.ts'
import { Problem } from '../../core/problem.ts'
import { explain, explanationsOf } from '../../promises/explain.ts'
import { explainRules } from '../../promises/explain-rules.ts'
import { globalsOf, type MakeCommand } from '../command.ts'
import { explainFile } from '../explain-file.ts'
import { print, printJson } from '../output.ts'
import { readProject } from '../project.ts'
import { describeExplanations } from '../promises-text.ts'

export const explainCommand: MakeCommand = () => {
  const command = new Command('explain')
    .description('Why something is what it is: an objective, an alert, a threshold, a watch, a generated file.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('[what]', 'its name or the beginning of it, a line of the config, or a file (default: list the names)')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy explain\n  seaworthy explain trade/availability\n  seaworthy explain TradeAvailabilityBurn1h\n  seaworthy explain promises.trade.latency.p95 production\n  seaworthy explain ops/prometheus.yml',
    )
    .action(async (what: string | undefined, environment: string | undefined) => {
      const { config, json } = globalsOf(command)
      const { app } = await readProject(config, environment)
      const all = [...explanationsOf(app), ...explainRules(app)]
      if (what === undefined) {
        const names = all.map((each) => each.what)
        return json ? printJson(names) : print(names.join('\n'))
      }
      const known = explain(what, all)
      const file = known.length > 0 ? null : await explainFile(what, app)
      const found = file === null ? known : [file]
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
