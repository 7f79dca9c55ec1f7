import { environmentDown, type ControlClient } from '../../control/api/client.ts'
import type { Contract, Method } from '../../control/api/contract.ts'
import { describeOutlook } from '../../control/migrations/outlook.ts'

/** What control would answer where nothing was ever deployed: enough for a plan of the first deploy. */
const ANSWERS = {
  status: { world: { live: null, warm: null, sequence: 0 }, instances: [], scaling: [] },
  'release.get': { release: null },
  'migration.list': { migrations: [], level: 0, contracts: [] },
  // What somebody else runs is asked by control, from where it will run.
  'need.check': { problems: [] },
} as const

/** A control that is yet to be installed. It answers what a plan asks, and nothing else. */
export function nobodyYet(): ControlClient {
  return {
    call: async <M extends Method>(method: M, input: Contract[M]['input']): Promise<Contract[M]['output']> => {
      const answer =
        method === 'migration.outlook'
          ? await outlookOf(input as Contract['migration.outlook']['input'])
          : (ANSWERS as Readonly<Record<string, unknown>>)[method]
      if (answer === undefined) throw environmentDown('control, which is yet to be installed')
      return answer as Contract[M]['output']
    },
    close: () => {},
  }
}

/** Of databases that nobody can ask yet. */
async function outlookOf({
  release,
  services,
}: Contract['migration.outlook']['input']): Promise<Contract['migration.outlook']['output']> {
  const words = services.map(async (service) => [service, await describeOutlook(release, service, [])] as const)
  return { outlook: Object.fromEntries(await Promise.all(words)) }
}
