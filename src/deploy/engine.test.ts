import assert from 'node:assert/strict'
import { test } from 'node:test'
import { abortDeploy, continueDeploy, type DeployEvent, type Engine } from './engine.ts'
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

test('what control cannot end is ended by the target before the next release begins, and goes when that is live for good', async () => {
  let state: DeployRecord['state'] = 'running'
  const did: string[] = []
  const operation = (kind: string, service: string | null) => ({
    id: service === null ? kind : `${kind}:${service}`,
    kind,
    service,
    by: kind === 'switch' ? 'control' : 'cli',
  })
  const plan = {
    release: { id: '2-y' },
    base: { live: '1-x', warm: '0-w' },
    retires: ['0-w'],
    operations: [
      operation('stop', 'api'),
      operation('start', 'api'),
      operation('switch', null),
      operation('retire', null),
    ],
  }
  const engine = {
    control: {
      deploy: async () => ({ plan, journal: [], state, message: null, proof: null }),
      journal: async () => {},
      finish: async (_deploy: string, ended: DeployRecord['state']) => void (state = ended),
      keptReleases: async () => [],
      holdService: async (service: string) => void did.push(`hold ${service}`),
      rollOut: async () => {
        did.push('switch')
        return { outcome: 'switched', text: '' }
      },
    },
    target: {
      rest: async (...of: readonly string[]) => void did.push(`rest ${of.join(' ')}`),
      start: async ({ id }: { id: string }, service: string) => void did.push(`start ${id} ${service}`),
      stop: async (...of: readonly (string | null)[]) => void did.push(`stop ${of.join(' ')}`.trim()),
      tidy: async () => {},
    },
    clock: { now: () => 0 },
    signal: new AbortController().signal,
    onEvent: () => {},
  } as unknown as Engine
  assert.equal((await continueDeploy('d2', engine)).state, 'done')
  const before = ['hold api', 'rest 1-x api', 'start 2-y api', 'switch']
  assert.deepEqual(did, [...before, 'stop 0-w', 'stop 1-x api'])
})
