import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControlClient } from '../../control/api/client.ts'
import { scaleThere } from './scale.ts'

/** Control, of whose service as many instances become ready as can be; and what was asked, in order. */
function make(can: number) {
  const asked: unknown[] = []
  let wanted = 2
  let running = 2
  const call = async (method: string, input: { counts?: Record<string, number | null> }): Promise<unknown> => {
    if (method === 'scale.look') return { services: [{ service: 'api', wanted, running, min: 1, max: 4 }] }
    asked.push(input.counts)
    wanted = input.counts!['api'] ?? 1
    return {}
  }
  const settle = async (): Promise<void> => {
    asked.push('settle')
    running = Math.min(can, wanted)
  }
  return { control: { call } as unknown as ControlClient, settle, asked }
}

test('the number is set, and what is owed then is done', async () => {
  const { control, settle, asked } = make(4)
  const services = await scaleThere(control, { api: 3 }, settle)
  assert.deepEqual([services[0]?.running, asked], [3, [{ api: 3 }, 'settle']])
})

test('what does not become ready is taken away again, and that is said', async () => {
  const { control, settle, asked } = make(2)
  await assert.rejects(scaleThere(control, { api: 4 }, settle), {
    code: 'scale.not-ready',
    message: 'of 4 instances of api 2 are ready',
    hint: 'It is api=2 again. See `seaworthy logs --service api`.',
  })
  assert.deepEqual(asked, [{ api: 4 }, 'settle', { api: 2 }, 'settle'])
})
