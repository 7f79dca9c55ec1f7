import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
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

test('before the switch a resumed deploy starts and asks its instances again, and nothing else; behind it neither', async () => {
  const did: string[] = []
  const [cli, control] = ['cli', 'control'] as const
  const operation = (kind: string, by: string) => ({ id: kind, kind, service: 'api', by })
  const kinds = ['hook', 'prepare', 'migrate', 'stop', 'start', 'gate', 'smoke'] as const
  const operations = [
    ...kinds.map((kind) => operation(kind, cli)),
    operation('switch', control),
    operation('retire', cli),
  ]
  const config = { services: { api: { health: { passes: 1, deadlineMs: 1_000 } } }, smoke: [] }
  const plan = { release: { id: '2-y', config }, base: { live: '1-x', warm: null }, retires: [], operations }
  let journal: readonly object[] = kinds.map((kind) => ({ operation: kind, point: 'end' }))
  const engine = {
    control: {
      deploy: async () => ({ plan, journal, state: 'running', message: null, proof: null }),
      journal: async () => {},
      finish: async () => {},
      keptReleases: async () => [],
      holdService: async () => void did.push('hold'),
      rollOut: async () => ({ outcome: 'switched', text: '' }),
    },
    target: {
      start: async () => (did.push('start'), []),
      tellGateways: async () => void did.push('gateways'),
      instances: async () => [],
      stop: async () => {},
      tidy: async () => {},
    },
    clock: systemClock,
    signal: new AbortController().signal,
    onEvent: (event: DeployEvent) => void (event.kind === 'done' && did.push(event.operation.kind)),
  } as unknown as Engine
  await continueDeploy('d2', engine)
  // The gate has the instances there by the same call.
  assert.deepEqual(did, ['hold', 'stop', 'start', 'start', 'start', 'gate', 'smoke', 'gateways', 'retire'])
  did.length = 0
  journal = [...journal, { operation: 'switch', point: 'begin' }]
  await continueDeploy('d2', engine)
  assert.deepEqual(did, ['gateways', 'retire'])
})

/** A deploy that is interrupted while one of its operations waits; what is done to instances is noted in order. */
function interrupted(kinds: readonly string[], waitsIn: string) {
  let state: DeployRecord['state'] = 'running'
  const did: string[] = []
  const reached = Promise.withResolvers<void>()
  const goesOn = Promise.withResolvers<void>()
  const note = async (what: string): Promise<void> => {
    if (what === waitsIn) {
      reached.resolve()
      await goesOn.promise
    }
    did.push(what)
  }
  const plan = {
    release: { id: '2-y' },
    base: { live: '1-x', warm: null },
    operations: kinds.map((kind) => ({ id: `${kind}:api`, kind, service: 'api', by: 'cli' })),
  }
  const interruption = new AbortController()
  const told: string[] = []
  const engine = {
    control: {
      deploy: async () => ({ plan, journal: [], state, message: null, proof: null }),
      journal: async () => {},
      finish: async (_deploy: string, ended: DeployRecord['state']) => void (state = ended),
      keptReleases: async () => [],
      holdService: () => note('hold'),
      reviveService: () => note('revive'),
    },
    target: {
      rest: () => note('rest'),
      start: () => note('start'),
      stop: () => note('stop'),
      tidy: async () => {},
    },
    clock: systemClock,
    signal: interruption.signal,
    onEvent: (event: DeployEvent) => void (event.kind === 'note' && told.push(event.text)),
  } as unknown as Engine
  return {
    did,
    told,
    /** Interrupts it there, sees what is done meanwhile, and lets the operation come to its end. */
    run: async (): Promise<void> => {
      const deploy = continueDeploy('d2', engine)
      deploy.catch(() => {})
      await reached.promise
      interruption.abort(new Problem('deploy.interrupted', 'interrupted'))
      // All that does not wait has had its turn.
      await new Promise((resolve) => setImmediate(resolve))
      did.push('(goes on)')
      goesOn.resolve()
      await assert.rejects(deploy, { code: 'deploy.interrupted' })
    },
  }
}

test('interrupted while the live service leaves the traffic, it is not ended, and comes back after that', async () => {
  const { did, told, run } = interrupted(['stop', 'start'], 'hold')
  await run()
  assert.deepEqual(did, ['(goes on)', 'hold', 'stop', 'revive'])
  assert.equal(told[0], 'interrupted: stop:api comes to its end first')
})

test('interrupted while the live service ends, it comes back when it has, and the next one does not begin', async () => {
  const { did, run } = interrupted(['stop', 'start'], 'rest')
  await run()
  assert.deepEqual(did, ['hold', '(goes on)', 'rest', 'stop', 'revive'])
})

test('interrupted while the next release begins, that is stopped when it is there', async () => {
  const { did, run } = interrupted(['start'], 'start')
  await run()
  assert.deepEqual(did, ['(goes on)', 'start', 'stop'])
})

/** The first release of an environment, whose switch fails; it ends on the way when `dies` is asked for. */
function firstSwitch({ dies = '', mayBeLive = false }: { readonly dies?: string; readonly mayBeLive?: boolean } = {}) {
  let state: DeployRecord['state'] = 'running'
  const did: string[] = []
  const note = async (what: string): Promise<void> => {
    if (what === dies) throw new Error('killed')
    did.push(what)
  }
  const plan = { release: { id: '1-x' }, base: { live: null, warm: null }, operations: [] }
  const journal = [{ operation: 'switch', point: 'begin' }]
  const engine = {
    control: {
      deploy: async () => ({ plan, journal, state, message: null, proof: null }),
      finish: async (_deploy: string, ended: DeployRecord['state']) => {
        await note(`finish ${ended}`)
        state = ended
      },
      keptReleases: async () => [],
      rollOut: async () => ({ outcome: 'failed', text: 'no worker answered' }),
      mayBeLive: async () => mayBeLive,
    },
    target: { stop: (id: string) => note(`stop ${id}`), tidy: () => note('tidy') },
    clock: systemClock,
    signal: new AbortController().signal,
    onEvent: () => {},
  } as unknown as Engine
  return { engine, did }
}

test('a first release whose switch failed ends when its deploy has: nobody goes on with one that is half gone', async () => {
  const { engine, did } = firstSwitch()
  await assert.rejects(continueDeploy('d1', engine), { code: 'deploy.rollout-failed' })
  assert.deepEqual(did, ['finish failed', 'stop 1-x'])
  const killed = firstSwitch({ dies: 'finish failed' })
  await assert.rejects(continueDeploy('d1', killed.engine), /^Error: killed$/)
  assert.deepEqual(killed.did, [])
})

test('a first release whose switch failed can be undone; one that is live, or may be by now, cannot', async () => {
  const { engine, did } = firstSwitch()
  assert.equal((await abortDeploy('d1', engine)).state, 'aborted')
  assert.deepEqual(did, ['stop 1-x', 'finish aborted', 'tidy'])
  const live = firstSwitch({ mayBeLive: true })
  await assert.rejects(abortDeploy('d1', live.engine), { code: 'deploy.nothing-behind' })
  assert.deepEqual(live.did, [])
})

/** Only what is left of a deploy when its release is ready; it is interrupted in one of these steps. */
function interruptedBehindTheGate(within: 'tellGateways' | 'rollOut' | 'retire', code = 'deploy.interrupted') {
  const did: string[] = []
  const stop = new AbortController()
  const step = async (what: string): Promise<void> => {
    if (what === within) stop.abort(new Problem(code, 'interrupted'))
    await new Promise((resolve) => setImmediate(resolve))
    did.push(what)
  }
  const operations = [{ id: 'retire', kind: 'retire', service: null, by: 'cli' }]
  const plan = { release: { id: '2-y' }, base: { live: '1-x', warm: '0-w' }, retires: ['0-w'], operations }
  const engine = {
    control: {
      deploy: async () => ({ plan, journal: [], state: 'running', message: null, proof: null }),
      journal: async () => {},
      finish: async (_deploy: string, ended: string) => void did.push(ended),
      keptReleases: async () => [],
      rollOut: async (_deploy: string, _onEvent: unknown, signal: AbortSignal) => {
        await step('rollOut')
        signal.throwIfAborted()
        return { outcome: 'switched', text: '' }
      },
    },
    target: {
      tellGateways: () => step('tellGateways'),
      stop: (release: string) => step(release === '0-w' ? 'retire' : 'undo'),
      tidy: async () => {},
    },
    clock: systemClock,
    signal: stop.signal,
    onEvent: () => {},
  } as unknown as Engine
  return { did, deploy: () => continueDeploy('d2', engine) }
}

test('interrupted before control has begun, a deploy is undone', async () => {
  const { did, deploy } = interruptedBehindTheGate('tellGateways')
  await assert.rejects(deploy(), { code: 'deploy.interrupted' })
  assert.ok(!did.includes('rollOut'))
  assert.deepEqual(
    did.filter((what) => what !== 'tellGateways'),
    ['undo', 'refused'],
  )
})

test('interrupted behind that, also while the release before is retired, it is left to control', async () => {
  for (const within of ['rollOut', 'retire'] as const) {
    const { did, deploy } = interruptedBehindTheGate(within)
    await assert.rejects(deploy(), { code: 'deploy.left-to-control' })
    assert.equal(did.at(-1), within)
  }
  const { deploy } = interruptedBehindTheGate('retire', 'lease.lost')
  await assert.rejects(deploy(), { code: 'lease.lost' })
})
