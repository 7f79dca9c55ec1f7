import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abortDeploy, type DeployEvent, type Engine } from './engine.ts'
import type { DeployRecord } from './journal.ts'

test('a service that cannot be brought back is told, and the deploy ends all the same', async () => {
  let state: DeployRecord['state'] = 'running'
  const told: DeployEvent[] = []
  const plan = {
    release: { id: '2-y' },
    base: { live: '1-x', warm: null },
    operations: ['api', 'jobs'].map((service) => ({ id: `stop:${service}`, kind: 'stop', service })),
  }
  const revived: string[] = []
  const engine = {
    control: {
      deploy: async () => ({ plan, journal: [], state, message: null, proof: null }),
      finish: async (_deploy: string, ended: DeployRecord['state']) => void (state = ended),
      keptReleases: async () => [],
      reviveService: async (service: string) => {
        revived.push(service)
        if (service === 'api') throw new Error('its files are gone')
      },
    },
    target: { stop: async () => {}, tidy: async () => {} },
    onEvent: (event: DeployEvent) => told.push(event),
  } as unknown as Engine
  assert.equal((await abortDeploy('d2', engine)).state, 'aborted')
  assert.deepEqual(revived, ['api', 'jobs'])
  assert.deepEqual(told[0], { kind: 'note', text: 'api could not be brought back: its files are gone' })
})
