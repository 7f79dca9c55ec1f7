import { environmentCommand, globalsOf, openEnvironment, sayFor, type MakeCommand } from '../command.ts'
import { draftRelease, planFor } from '../draft.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { print, printJson } from '../output.ts'
import { writePlan } from '../plan-file.ts'
import { withOwnFolder } from '../own-folder.ts'
import { describeIdleKeys, describePlan } from '../plan-text.ts'
import { currentSecrets } from '../rotation.ts'
import { targetOf } from '../targets.ts'

export const planCommand: MakeCommand = () => {
  const command = environmentCommand(
    'plan',
    'What a deploy would do, step by step, with the cause of each and the diff. The environment has to be up.',
  )
    .option('--out <file>', 'also write the plan to a file for `seaworthy deploy --plan`')
    .addHelpText('after', '\nExamples:\n  seaworthy plan\n  seaworthy plan production --out .seaworthy/plan.json')
    .action(async (environment: string | undefined, { out }: { out?: string }) => {
      using opened = await openEnvironment(command, environment)
      const { control } = opened
      const project = await withOwnFolder(opened.project)
      const secrets = await currentSecrets(project, control)
      const hosted = await hostedOf(project)
      if (hosted !== null && out === undefined) {
        const { showPlan } = await import('../hosted/show-plan.ts')
        const as = globalsOf(command).json ? 'plan' : 'text'
        return await showPlan({ project, hosted, secrets, control, as })
      }
      const made = await planFor({
        kind: 'deploy',
        next: await draftRelease(project, secrets, control),
        control,
        target: targetOf(project, control, secrets, 0),
      })
      const plan = out === undefined ? made : await writePlan(out, made, project)
      if (globalsOf(command).json) printJson(plan)
      else {
        const idle = describeIdleKeys(project.checked)
        print(`${describePlan(plan)}${idle === null ? '' : `\n\n${sayFor(command)(idle)}`}`)
        if (out !== undefined && project.app.approval) {
          const { environment: name } = project.app
          print(
            `\nSomebody else approves it: seaworthy approve ${out} ${name}\nThen: seaworthy deploy ${name} --plan ${out}`,
          )
        }
      }
    })
  return command
}
