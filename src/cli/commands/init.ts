import { resolve } from 'node:path'
import { Command } from 'commander'
import { propose, writeProposal, type Proposal } from '../../init/init.ts'
import { globalsOf, type MakeCommand } from '../command.ts'
import { EXIT, print, printJson, table } from '../output.ts'

interface Options {
  readonly start?: string
  readonly force?: boolean
  readonly dryRun?: boolean
}

export const initCommand: MakeCommand = (onExitCode) =>
  new Command('init')
    .description('Look at a project and write a first config, with a comment on every line that was inferred.')
    .argument('[folder]', "the project's folder (default: the current one)")
    .option('--start <command>', 'how the app starts, where it is not recognised')
    .option('--force', 'overwrite the seaworthy.config.ts that is there')
    .option('--dry-run', 'show the config and write nothing')
    .option('--json', 'the same facts as JSON')
    .addHelpText(
      'after',
      "\nExamples:\n  seaworthy init --dry-run\n  seaworthy init ../shop --start 'deno run -A main.ts'",
    )
    .action(async (folder: string | undefined, { start, force = false, dryRun = false }: Options, command: Command) => {
      const { json } = globalsOf(command)
      const place = resolve(folder ?? '.')
      const proposal = propose(place, start === undefined ? {} : { start })
      const file = dryRun ? null : await writeProposal(place, proposal, { force })
      onExitCode(EXIT.done)
      if (json) return printJson({ kind: 'init', file, ...proposal, canonical: undefined })
      if (dryRun) print(proposal.text)
      print(reportOf(proposal, file))
    })

function reportOf({ services, reasons, secrets, notes }: Proposal, file: string | null): string {
  const rows = reasons.map(({ path, value, because }) => [path, value, because])
  const next = [
    ...(secrets.length === 0
      ? []
      : [
          `give ${secrets.join(', ')} values: in your environment, or in the file that environments.local.secrets names`,
        ]),
    'seaworthy doctor        what this machine lacks for it',
    'seaworthy up            run it',
  ]
  return [
    file === null
      ? 'nothing is written (--dry-run)'
      : `${file} is written: ${count(services.length, 'service')}, and it passes the checks`,
    '',
    'guessed, and from what:',
    indented(table(rows)),
    ...(notes.length === 0 ? [] : ['', 'to look at:', ...notes.map((text) => `  - ${text}`)]),
    ...(file === null ? [] : ['', 'next:', ...next.map((text) => `  ${text}`)]),
  ].join('\n')
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

function indented(text: string): string {
  return text.replaceAll(/^/gm, '  ')
}
