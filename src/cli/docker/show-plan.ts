import type { ControlClient } from '../../control/api/client.ts'
import { showCommand } from '../../deploy/targets/command.ts'
import { deployCommands } from '../../deploy/targets/docker/deploy-commands.ts'
import { ownDockerfileNote } from '../../deploy/targets/docker/own-dockerfile.ts'
import { readSource } from '../../deploy/source.ts'
import { draftRelease, planFor } from '../draft.ts'
import { print, printJson } from '../output.ts'
import { describeIdleKeys, describePlan } from '../plan-text.ts'
import type { Project } from '../project.ts'
import type { SecretValues } from '../secret-values.ts'
import { describeInstalled, installedFacts } from './installation-text.ts'
import { dockerBases, dockerPlace } from './place.ts'
import { planningOn } from './planning.ts'
import { dockerTarget } from './target.ts'

export interface ShowPlanOptions {
  readonly project: Project
  readonly secrets: SecretValues
  readonly control: ControlClient
  /** `plan`: the plan with its installation; `event`: one line, as deploys tell. */
  readonly as: 'text' | 'plan' | 'event'
}

/** Shows what a deploy on Docker would do, to the very commands. Touches nothing. */
export async function showPlan({ project, secrets, control: asked, as }: ShowPlanOptions): Promise<void> {
  const { installed, control } = await planningOn(project, asked)
  const installation = installedFacts(installed)
  if (control === null) {
    const note = 'What a deploy would do is known when control answers: `seaworthy up` starts it.'
    if (as === 'text') return print(`${describeInstalled(installed)}\n\n${note}`)
    return tell({ kind: 'plan', plan: null, installation, commands: [], note }, as)
  }
  const next = await draftRelease(project, secrets, control)
  // Not the caller's: its control may be one that is yet to be installed.
  const target = dockerTarget(project, control, secrets, 0)
  const plan = await planFor({ kind: 'deploy', next, control, target })
  const own = await ownDockerfiles(project)
  const commands = deployCommands(plan, {
    ...dockerPlace(project),
    bases: dockerBases(),
    own: new Set(Object.keys(own)),
  })
  const words = commands.map(({ argv }) => argv)
  if (as === 'plan') return tell({ ...plan, installation, commands: words }, as)
  if (as === 'event') return tell({ kind: 'plan', plan, installation, commands: words }, as)
  const idle = describeIdleKeys(project.checked)
  print(
    [
      describeInstalled(installed),
      describePlan(plan),
      ...(Object.keys(own).length === 0
        ? []
        : [['Images', ...Object.values(own).map((text) => `  ${text}`)].join('\n')]),
      ['Commands', ...commands.map((command) => `  $ ${showCommand(command)}`)].join('\n'),
      ...(idle === null ? [] : [idle]),
    ].join('\n\n'),
  )
}

/** Service → what there is to say, of those that bring a Dockerfile of their own. */
async function ownDockerfiles({ app, folder, keptOut }: Project): Promise<Readonly<Record<string, string>>> {
  const notes: Record<string, string> = {}
  for (const [name, service] of Object.entries(app.services)) {
    const note = ownDockerfileNote(name, service, await readSource(folder, service, keptOut), service.secrets)
    if (note !== null) notes[name] = note
  }
  return notes
}

function tell(fact: object, as: 'plan' | 'event'): void {
  if (as === 'plan') printJson(fact)
  else print(JSON.stringify({ time: new Date().toISOString(), ...fact }))
}
