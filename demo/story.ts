import type { DeployRecord } from '../src/deploy/journal.ts'
import { attack, type AttackSummary } from './attack.ts'
import type { Market } from './market.ts'
import type { Progress } from './progress.ts'
import { startTraffic, type TrafficSummary } from './traffic.ts'

export interface Step {
  readonly name: string
  readonly expected: DeployRecord['state']
  readonly deploy: DeployRecord
}

export interface Outcome {
  readonly url: string
  readonly steps: readonly Step[]
  readonly attacks: AttackSummary
  readonly traffic: TrafficSummary
}

/** Enough that a watch of a few seconds has its sample, few enough for two cores. */
const LOAD = { clients: 12, rate: 60, seconds: 140 }

/** The whole demonstration, as its runbook. */
export async function story(market: Market, progress: Progress): Promise<Outcome> {
  await progress.step('clearing what an earlier demo left', () => market.clear())
  const url = await progress.step('v1: the first deploy', () => market.up())
  const traffic = startTraffic(url, LOAD)
  try {
    const steps: Step[] = []
    const deploy = async (
      name: string,
      expected: Step['expected'],
      act: () => Promise<DeployRecord>,
    ): Promise<void> => {
      steps.push({ name, expected, deploy: await progress.step(name, act) })
    }
    await progress.step('users arrive', () => traffic.begun(market.signal))
    await deploy('v2 under load', 'done', () => market.deploy('v2'))
    await deploy('unready: never ready', 'refused', () => market.deploy('unready'))
    await deploy('rots: fails after 5 s', 'taken-back', () => market.deploy('rots'))
    await deploy('rollback to v1', 'done', () => market.rollback())
    await deploy('v2 again', 'done', () => market.deploy('v2'))
    const attacks = await progress.step('attacking itself', () => attack(url, market.signal))
    const summary = await progress.step('counting every trade', () => traffic.finish())
    return { url, steps, attacks, traffic: summary }
  } finally {
    await traffic.kill()
  }
}
