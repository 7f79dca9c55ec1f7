import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControlClient } from '../../control/api/client.ts'
import type { ScaleStatus } from '../../control/api/scale-methods.ts'
import { scaleThere } from './scale.ts'

interface There {
  /** As many become ready. */
  readonly can?: number
  /** Containers that control has not heard of, until the first settling. */
  readonly unheard?: number
  /** As many cannot be ended. */
  readonly stuck?: number
  readonly running?: number
}

/** Control of a service with two instances, and what was asked of it, in order. */
function make({ can = 9, unheard = 0, stuck = 0, running: now = 2 }: There) {
  const asked: unknown[] = []
  let [wanted, running, leaving, strange] = [2, now, 0, unheard]
  const call = async (method: string, input: { counts?: Record<string, number | null> }): Promise<unknown> => {
    if (method === 'scale.look') {
      return { services: [{ service: 'api', wanted, running, joining: 0, leaving, min: 1, max: 4 }] }
    }
    asked.push(input.counts)
    wanted = input.counts!['api'] ?? 1
    return {}
  }
  const settle = async (): Promise<void> => {
    asked.push('settle')
    leaving = stuck
    running = Math.min(can, wanted) + strange
    strange = 0
  }
  const told: string[] = []
  const onStep = ([one]: readonly ScaleStatus[]): void => void told.push(`${one!.running} of ${one!.wanted}`)
  return { control: { call } as unknown as ControlClient, there: { settle, onStep }, told, asked }
}

test('the number is set, and what is owed then is done', async () => {
  const { control, there, told, asked } = make({})
  const services = await scaleThere(control, { api: 3 }, there)
  assert.deepEqual([services[0]?.running, asked], [3, [{ api: 3 }, 'settle']])
  assert.deepEqual(told, ['2 of 3'])
})

test('what does not become ready is taken away again, and that is said', async () => {
  const { control, there, asked } = make({ can: 2 })
  await assert.rejects(scaleThere(control, { api: 4 }, there), {
    code: 'scale.not-ready',
    message: 'of 4 instances of api 2 are ready',
    hint: 'It is api=2 again. See `seaworthy logs --service api`.',
  })
  assert.deepEqual(asked, [{ api: 4 }, 'settle', { api: 2 }, 'settle'])
})

test('what a killed command had started and control hears of only now is ended as well', async () => {
  const { control, there, asked } = make({ unheard: 2 })
  const services = await scaleThere(control, { api: 1 }, there)
  assert.deepEqual([services[0]?.running, asked], [1, [{ api: 1 }, 'settle', { api: 1 }, 'settle']])
})

test('with fewer wanted, one that is ill takes no other with it', async () => {
  const { control, there, asked } = make({ running: 1, can: 0 })
  await scaleThere(control, { api: 1 }, there)
  assert.deepEqual(asked, [{ api: 1 }, 'settle'])
})

test('what could not be ended is said', async () => {
  const { control, there } = make({ stuck: 1 })
  await assert.rejects(scaleThere(control, { api: 1 }, there), { message: '1 of api are still to be ended' })
})
