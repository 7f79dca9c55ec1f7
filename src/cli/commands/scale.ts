import { Command } from 'commander'
import type { ControlClient } from '../../control/api/client.ts'
import type { ScaleStatus } from '../../control/api/scale-methods.ts'
import { Problem } from '../../core/problem.ts'
import { globalsOf, openEnvironment, type MakeCommand } from '../command.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { scaleThere } from '../hosted/scale.ts'
import { whoAmI } from '../lease.ts'
import { print, printJson } from '../output.ts'
import { scalingTable } from '../scale-text.ts'

const LOOK_MS = 200

export const scaleCommand: MakeCommand = () => {
  const command = new Command('scale')
    .description('How many instances of a service run: show it, set it by hand, or hand it back to what is measured.')
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .option('--host <host>', 'one of the hosts of the environment, where it has several')
    .argument('[words...]', "SERVICE=COUNT or SERVICE=auto, as many as needed; then the environment (default: 'local')")
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy scale\n  seaworthy scale api=4\n  seaworthy scale api=4 worker=2 production\n  seaworthy scale api=auto',
    )
    .action(async (words: readonly string[]) => {
      const { counts, environment } = readWords(words)
      using opened = await openEnvironment(command, environment, { awayMs: 1_000, readsOnly: true })
      const { project, control } = opened
      const { json } = globalsOf(command)
      const tell = (text: string): void => void (json || print(text))
      const isSet = Object.keys(counts).length > 0
      let services: readonly ScaleStatus[]
      if (isSet && (await hostedOf(project)) !== null) {
        const { settleOwed } = await import('../hosted/settle.ts')
        const reason = `scale ${Object.keys(counts).join(', ')}`
        services = await scaleThere(control, counts, {
          settle: () => settleOwed(project, control, reason, tell),
          onStep: (own) => tell(stepsOf(own)),
        })
      } else {
        if (isSet) await control.call('service.scale', { counts, by: whoAmI() })
        services = await untilThere(control, counts, tell)
      }
      if (json) printJson({ services })
      else print(scalingTable(services))
    })
  return command
}

function readWords(words: readonly string[]): {
  readonly counts: Readonly<Record<string, number | null>>
  readonly environment: string | undefined
} {
  const counts: Record<string, number | null> = {}
  const others = words.filter((word) => !word.includes('='))
  for (const word of words.filter((one) => one.includes('='))) {
    const [, service, count] = /^([^=]+)=(\d{1,4}|auto)$/.exec(word) ?? []
    if (service === undefined || count === undefined)
      throw new Problem('cli.usage', `'${word}': write SERVICE=COUNT, such as api=3, or SERVICE=auto`)
    counts[service] = count === 'auto' ? null : Number(count)
  }
  if (others.length > 1) throw new Problem('cli.usage', `'${others[0]}': write SERVICE=COUNT, such as ${others[0]}=3`)
  return { counts, environment: others[0] }
}

/**
 * Waits until the services that were set have as many as they should, told step by step. What is measured may go on changing
 * the others. @throws Problem `scale.not-ready`
 */
async function untilThere(
  control: ControlClient,
  counts: Readonly<Record<string, number | null>>,
  onStep: (text: string) => void,
): Promise<readonly ScaleStatus[]> {
  const set = Object.keys(counts).filter((name) => counts[name] !== null)
  let told = ''
  for (;;) {
    const { services } = await control.call('scale.look', {})
    const own = services.filter(({ service }) => set.includes(service))
    const failed = own.find(({ service, wanted }) => wanted !== counts[service])
    if (failed !== undefined) throw notReady(failed, counts[failed.service]!)
    const text = stepsOf(own)
    if (text !== '' && text !== told) onStep(text)
    told = text
    if (own.every(({ running, wanted, leaving }) => running === wanted && leaving === 0)) return services
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}

function stepsOf(services: readonly ScaleStatus[]): string {
  const steps = services.map(({ service, running, wanted, joining, leaving }) => {
    const moving = [...(joining > 0 ? [`${joining} starting`] : []), ...(leaving > 0 ? [`${leaving} leaving`] : [])]
    return `${service}: ${running} of ${wanted}${moving.length > 0 ? ` (${moving.join(', ')})` : ''}`
  })
  return steps.join('; ')
}

/** The check was failed, or somebody, or a measure, has set another number since. */
export function notReady({ service, wanted, note }: ScaleStatus, asked: number): Problem {
  const because = note?.failure ?? `${asked} was asked for, and since then it was ${note?.because ?? 'changed'}`
  return new Problem('scale.not-ready', `${service} stays at ${wanted}: ${because}`, {
    hint: `See \`seaworthy logs --service ${service}\` and \`seaworthy status --history\`.`,
  })
}
