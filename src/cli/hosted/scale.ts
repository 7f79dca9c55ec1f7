import type { ControlClient } from '../../control/api/client.ts'
import type { ScaleStatus } from '../../control/api/scale-methods.ts'
import { Problem } from '../../core/problem.ts'
import { whoAmI } from '../lease.ts'

type Counts = Readonly<Record<string, number | null>>

export interface ScaleThereOptions {
  /** Does what control owes to instances. */
  readonly settle: () => Promise<void>
  /** Control has decided who comes and goes. */
  readonly onStep: (services: readonly ScaleStatus[]) => void
}

/**
 * Sets numbers by hand where an engine or a cluster keeps the instances: control decides who comes and goes, and the rest is done
 * here. What does not become ready is taken away again.
 * @throws Problem `scale.not-ready`
 */
export async function scaleThere(
  control: ControlClient,
  counts: Counts,
  { settle, onStep }: ScaleThereOptions,
): Promise<readonly ScaleStatus[]> {
  const look = async (): Promise<readonly ScaleStatus[]> => {
    const { services } = await control.call('scale.look', {})
    return services.filter(({ service }) => Object.hasOwn(counts, service))
  }
  const set = async (to: Counts): Promise<readonly ScaleStatus[]> => {
    await control.call('service.scale', { counts: to, by: whoAmI() })
    onStep(await look())
    await settle()
    return look()
  }
  const before = new Map((await look()).map((one) => [one.service, one]))
  let now = await set(counts)
  // Some that a killed command had started and control had not heard of.
  if (now.some(({ running, joining, wanted }) => running + joining > wanted)) now = await set(counts)
  const left = now.filter(({ leaving }) => leaving > 0)
  if (left.length > 0) {
    const text = left.map(({ service, leaving }) => `${leaving} of ${service} are still to be ended`).join('; ')
    throw new Problem('scale.not-ready', text, {
      hint: 'They take no traffic. Mend what is said above and run it again.',
    })
  }
  // Of one that had its number, and was ill before, nothing is to be taken back.
  const short = now.filter(({ service, running, wanted }) => running < wanted && wanted >= before.get(service)!.wanted)
  if (short.length === 0) return (await control.call('scale.look', {})).services
  // Otherwise every command would try the same again.
  const back = Object.fromEntries(short.map(({ service, running, min }) => [service, Math.max(min, running)]))
  await set(back)
  const missed = short.map(
    ({ service, running, wanted }) => `of ${wanted} instances of ${service} ${running} are ready`,
  )
  const numbers = Object.entries(back).map(([service, count]) => `${service}=${count}`)
  throw new Problem('scale.not-ready', missed.join('; '), {
    hint: `It is ${numbers.join(', ')} again. See \`seaworthy logs --service ${short[0]!.service}\`.`,
  })
}
