import type { ControlClient } from '../../control/api/client.ts'
import { showCommand } from '../../deploy/targets/command.ts'
import { draftRelease, planFor, scaledIn } from '../draft.ts'
import { print, printJson } from '../output.ts'
import { describeIdleKeys, describePlan } from '../plan-text.ts'
import type { Project } from '../project.ts'
import type { SecretValues } from '../secret-values.ts'
import { targetOf } from '../targets.ts'
import type { Hosted } from './hosted.ts'
import { describeInstalled, installedFacts } from './installation-text.ts'
import { planningOn } from './planning.ts'

export interface ShowPlanOptions {
  readonly project: Project
  readonly hosted: Hosted
  readonly secrets: SecretValues
  readonly control: ControlClient
  /** `plan`: the plan with its installation; `event`: one line, as deploys tell. */
  readonly as: 'text' | 'plan' | 'event'
}

/** Shows what a deploy would do, to the very commands of the target's tools. Touches nothing. */
export async function showPlan({ project, hosted, secrets, control: asked, as }: ShowPlanOptions): Promise<void> {
  const { installed, control } = await planningOn(hosted, asked)
  const installation = installedFacts(installed)
  if (control === null) {
    const note = 'What a deploy would do is known when control answers: `seaworthy up` starts it.'
    if (as === 'text') return print(`${describeInstalled(installed)}\n\n${note}`)
    return tell({ kind: 'plan', plan: null, installation, commands: [], note }, as)
  }
  const next = await draftRelease(project, secrets, control)
  // Not the caller's: its control may be one that is yet to be installed.
  const target = targetOf(project, control, secrets, 0)
  const plan = await planFor({ kind: 'deploy', next, control, target })
  const { commands, notes } = await hosted.outline(plan, scaledIn((await control.call('status', {})).scaling))
  const words = commands.map(({ argv }) => argv)
  if (as === 'plan') return tell({ ...plan, installation, commands: words }, as)
  if (as === 'event') return tell({ kind: 'plan', plan, installation, commands: words }, as)
  const idle = describeIdleKeys(project.checked)
  print(
    [
      describeInstalled(installed),
      describePlan(plan),
      ...Object.entries(notes).map(([heading, lines]) => paragraph(heading, lines)),
      paragraph(
        'Commands',
        commands.map((command) => `$ ${showCommand(command)}`),
      ),
      ...(idle === null ? [] : [idle]),
    ].join('\n\n'),
  )
}

function paragraph(heading: string, lines: readonly string[]): string {
  return [heading, ...lines.map((line) => `  ${line}`)].join('\n')
}

function tell(fact: object, as: 'plan' | 'event'): void {
  if (as === 'plan') printJson(fact)
  else print(JSON.stringify({ time: new Date().toISOString(), ...fact }))
}
