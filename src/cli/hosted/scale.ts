import type { ControlClient } from '../../control/api/client.ts'
import type { ScaleStatus } from '../../control/api/scale-methods.ts'
import { Problem } from '../../core/problem.ts'
import { whoAmI } from '../lease.ts'

/**
 * Sets numbers by hand where an engine or a cluster keeps the instances: control decides who comes and goes, and `settle` does
 * what it owes then. What does not become ready is taken away again.
 * @throws Problem `scale.not-ready`
 */
export async function scaleThere(
  control: ControlClient,
  counts: Readonly<Record<string, number | null>>,
  settle: () => Promise<void>,
): Promise<readonly ScaleStatus[]> {
  const by = whoAmI()
  await control.call('service.scale', { counts, by })
  await settle()
  const { services } = await control.call('scale.look', {})
  const short = services.filter(({ service, running, wanted }) => Object.hasOwn(counts, service) && running < wanted)
  if (short.length === 0) return services
  // Otherwise every command would try the same again.
  const back = Object.fromEntries(short.map(({ service, running, min }) => [service, Math.max(min, running)]))
  await control.call('service.scale', { counts: back, by })
  await settle()
  const missed = short.map(
    ({ service, running, wanted }) => `of ${wanted} instances of ${service} ${running} are ready`,
  )
  const numbers = Object.entries(back).map(([service, count]) => `${service}=${count}`)
  throw new Problem('scale.not-ready', missed.join('; '), {
    hint: `It is ${numbers.join(', ')} again. See \`seaworthy logs --service ${short[0]!.service}\`.`,
  })
}
