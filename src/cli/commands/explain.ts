import { basename } from 'node:path'
import { Command } from 'commander'
import { configValues } from '../../config/values.ts'
import { nearest } from '../../core/nearest.ts'
import { Problem } from '../../core/problem.ts'
import { explain, explanationsOf, type Explanation } from '../../promises/explain.ts'
import { explainFigures } from '../../promises/explain-figures.ts'
import { explainRules } from '../../promises/explain-rules.ts'
import { globalsOf, type MakeCommand } from '../command.ts'
import { explainFile } from '../explain-file.ts'
import { explainValues } from '../explain-values.ts'
import { print, printJson } from '../output.ts'
import { readProject } from '../project.ts'
import { describeExplanations } from '../promises-text.ts'

export const explainCommand: MakeCommand = () => {
  const command = new Command('explain')
    .description(
      'Why something is what it is: a line of the config, an objective, an alert, a threshold, a figure, a generated file.',
    )
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('[what]', 'its name or the beginning of it, a line of the config, or a file (default: list the names)')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy explain\n  seaworthy explain trade/availability\n  seaworthy explain TradeAvailabilityBurn1h\n  seaworthy explain promises.trade.latency.p95 production\n  seaworthy explain gateway.timeouts\n  seaworthy explain figures\n  seaworthy explain ops/monitoring/prometheus/prometheus.yml',
    )
    .action(async (what: string | undefined, environment: string | undefined) => {
      const { config, json } = globalsOf(command)
      const { app, checked } = await readProject(config, environment)
      const derived = [...explanationsOf(app), ...explainRules(app), ...explainFigures(app)]
      const values = explainValues(configValues(checked, app.environment), basename(checked.file))
      const all = [...values, ...derived]
      if (what === undefined) {
        const namesOf = (of: readonly Explanation[]): readonly string[] => of.map((each) => each.what)
        if (json) return printJson(namesOf(all))
        return print(
          [...namesOf(derived), `and ${values.length} values of the config, by their lines: gateway.timeouts`].join(
            '\n',
          ),
        )
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
