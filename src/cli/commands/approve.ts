import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import type { Approval } from '../../control/api/hooks-methods.ts'
import { globalsOf, openEnvironment, type MakeCommand } from '../command.ts'
import { whoAmI } from '../lease.ts'
import { print, printJson, table } from '../output.ts'
import { isEnvironment } from '../project.ts'
import { readPlan } from '../plan-file.ts'
import { describePlan } from '../plan-text.ts'

const DESCRIPTION = 'Approve a plan that somebody else has made: shows it, and records who approved it and when.'

export const approveCommand: MakeCommand = () => {
  const command = new Command('approve')
    .description(DESCRIPTION)
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument(
      '[plan]',
      'the file that `seaworthy plan --out` has written; without it, or with the name of an environment in its place, lists what was approved',
    )
    .argument('[environment]', 'the environment (default: that of the plan; without a plan the usual one)')
    .option('--revoke', 'take the approval of this plan back')
    .addHelpText(
      'after',
      `
Examples:
  seaworthy plan production --out .seaworthy/plan.json      one person
  seaworthy approve .seaworthy/plan.json production         another person
  seaworthy deploy production --plan .seaworthy/plan.json   not the one who approved it
  seaworthy approve production                              lists what was approved there`,
    )
    .action(async (first: string | undefined, second: string | undefined, { revoke }: { revoke?: boolean }) => {
      const { config, json } = globalsOf(command)
      const isListing = first !== undefined && second === undefined && !existsSync(first)
      const [file, environment] =
        isListing && (await isEnvironment(config, first)) ? [undefined, first] : [first, second]
      if (file === undefined && revoke) throw new Problem('cli.usage', '--revoke wants the file of the plan')
      const plan = file === undefined ? null : readPlan(file)
      using opened = await openEnvironment(command, environment ?? plan?.release.config.environment)
      const { control } = opened
      if (plan === null) {
        const { approvals } = await control.call('approval.list', {})
        return json
          ? printJson(approvals)
          : print(table(approvals.map(describeApproval)) || 'nothing has been approved')
      }
      const by = whoAmI()
      const { approval } = revoke
        ? await control.call('approval.revoke', { hash: plan.hash, by })
        : await control.call('approval.give', { plan, by })
      if (json) return printJson(approval)
      if (revoke) return print(`the approval of plan ${plan.hash} is revoked`)
      const { environment: name } = plan.release.config
      print(describePlan(plan))
      print(`\nplan ${plan.hash} by ${plan.by} is approved by ${approval.by} until ${timeOf(approval.until)}`)
      print(`Next: seaworthy deploy ${name} --plan ${file}`)
    })
  return command
}

function describeApproval({ hash, by, at, until, usedBy, revokedBy }: Approval): readonly string[] {
  const state = revokedBy ? `revoked by ${revokedBy}` : usedBy ? `used for ${usedBy}` : `until ${timeOf(until)}`
  return [timeOf(at), hash.slice(0, 12), by, state]
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString()
}
