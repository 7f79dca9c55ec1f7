import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControlClient } from '../control/api/client.ts'
import type { RolloutEvent } from '../control/api/contract.ts'
import { Problem } from '../core/problem.ts'
import type { RolloutNews } from '../deploy/engine.ts'
import { engineControl } from './engine-ports.ts'
import type { SecretValues } from './secret-values.ts'

const hooks = { place: null, signal: new AbortController().signal }
const code = 'gateway.not-acknowledged'

/** A control whose rollouts end as they are told to, one after the other, and what it was asked. */
function controlThat(...outcomes: readonly ('switched' | 'failed')[]): { client: ControlClient; asked: string[] } {
  const asked: string[] = []
  const events: RolloutEvent[] = []
  const answers: Readonly<Record<string, (input: { after: number }) => unknown>> = {
    'rollout.begin': () => {
      const outcome = outcomes[events.length]!
      events.push({
        sequence: events.length + 1,
        at: 0,
        event: { kind: 'settled', outcome, text: `it ${outcome}`, ...(outcome === 'failed' ? { code } : {}) },
      })
      return {}
    },
    'rollout.follow': ({ after }) => ({ events: events.filter(({ sequence }) => sequence > after), settled: true }),
  }
  const call = (method: string, input: never): Promise<unknown> => {
    asked.push(method)
    return Promise.resolve(answers[method]!(input))
  }
  return { client: { call, close: () => {} } as unknown as ControlClient, asked }
}

/** @param gone what the target says each time: whether control waited for gateways that are gone */
async function rollOut(
  control: Pick<ReturnType<typeof controlThat>, 'client' | 'asked'>,
  gone: readonly boolean[],
  signal = new AbortController().signal,
) {
  const left = [...gone]
  const notes: string[] = []
  const tellGateways = (): Promise<boolean> => {
    control.asked.push('tellGateways')
    return Promise.resolve(left.shift()!)
  }
  const keepTable = (): Promise<void> => {
    control.asked.push('keepTable')
    return Promise.reject(new Error('no room'))
  }
  const target = { tellGateways, keepTable }
  const ports = engineControl(control.client, 7, {} as SecretValues, { folder: '/app' } as never, target, hooks)
  const onNews = (news: RolloutNews): void => void (news.kind === 'note' && notes.push(news.text))
  const { outcome } = await ports.rollOut('d1', onNews, signal)
  return { outcome, notes }
}

test('the table of the switch is kept when control has settled', async () => {
  const control = controlThat('switched')
  const { outcome, notes } = await rollOut(control, [])
  assert.equal(outcome, 'switched')
  assert.deepEqual(control.asked, ['rollout.begin', 'rollout.follow', 'keepTable'])
  // What cannot be kept is told, and is no failure of the deploy.
  assert.deepEqual(notes, ['the table is not kept for gateways that start without control: no room'])
})

test('a switch that waited for a gateway that is gone is made once more, and no third time', async () => {
  const control = controlThat('failed', 'switched')
  const { outcome, notes } = await rollOut(control, [true])
  assert.equal(outcome, 'switched')
  assert.ok(notes.includes('it failed: it is gone by now, so once more'))
  const again = controlThat('failed', 'failed')
  assert.equal((await rollOut(again, [true])).outcome, 'failed')
})

test('one that is there and does not acknowledge fails the switch', async () => {
  const control = controlThat('failed')
  assert.equal((await rollOut(control, [false])).outcome, 'failed')
  assert.equal(control.asked.filter((method) => method === 'rollout.begin').length, 1)
})

/** The same, and each of `slow` takes until it is let go, while somebody interrupts. */
async function interruptedIn(slow: string, nth: number, ...outcomes: readonly ('switched' | 'failed')[]) {
  const control = controlThat(...outcomes)
  const stop = new AbortController()
  const ended: string[] = []
  let left = nth
  const call = async (method: string, input: never): Promise<unknown> => {
    const answer = await control.client.call(method as 'status', input)
    if (method === slow && --left === 0) stop.abort(new Problem('deploy.interrupted', 'interrupted'))
    await new Promise((resolve) => setImmediate(resolve))
    ended.push(method)
    return answer
  }
  const client = { call, close: () => {} } as unknown as ControlClient
  await assert.rejects(rollOut({ client, asked: ended }, [true], stop.signal), { code: 'deploy.interrupted' })
  return ended
}

test('an interruption ends the following of a rollout, and what begins it comes to its end before', async () => {
  assert.deepEqual(await interruptedIn('rollout.follow', 1, 'switched'), ['rollout.begin'])
  assert.deepEqual(await interruptedIn('rollout.begin', 1, 'switched'), ['rollout.begin'])
  const twice = ['rollout.begin', 'rollout.follow', 'keepTable', 'tellGateways', 'rollout.begin']
  assert.deepEqual(await interruptedIn('rollout.begin', 2, 'failed', 'switched'), twice)
})

test('a service that control cannot start comes back by the target, and takes traffic after that', async () => {
  const asked: string[] = []
  let isThere = false
  const call = async (method: string): Promise<unknown> => {
    asked.push(method)
    if (!isThere) throw new Problem('instance.owed', 'api has no instance')
    return {}
  }
  const client = { call, close: () => {} } as unknown as ControlClient
  const settle = async (): Promise<void> => {
    asked.push('settle')
    isThere = true
  }
  const portsWith = (target: object) =>
    engineControl(client, 7, {} as SecretValues, { folder: '/app' } as never, target, hooks)
  await assert.rejects(portsWith({}).reviveService('api'), { code: 'instance.owed' })
  asked.length = 0
  await portsWith({ settle }).reviveService('api')
  assert.deepEqual(asked, ['service.start', 'settle', 'service.start'])
})

test('a release may be live when it is, and while control is at work on its deploy', async () => {
  const mayBeLive = (live: string | null, settled: boolean): Promise<boolean> => {
    const answers: Readonly<Record<string, unknown>> = {
      'rollout.follow': { events: [], settled },
      status: { world: { live } },
    }
    const call = async (method: string): Promise<unknown> => answers[method]
    const client = { call, close: () => {} } as unknown as ControlClient
    return engineControl(client, 7, {} as SecretValues, {} as never, {}, hooks).mayBeLive('d1', '1-x')
  }
  assert.deepEqual(await Promise.all([mayBeLive(null, true), mayBeLive('1-x', true), mayBeLive(null, false)]), [
    false,
    true,
    true,
  ])
})
