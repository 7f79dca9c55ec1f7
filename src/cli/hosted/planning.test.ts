import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControlClient } from '../../control/api/client.ts'
import type { Hosted, Installed } from './hosted.ts'
import { planningOn } from './planning.ts'

const control = { call: () => Promise.reject(new Error('not asked')), close: () => {} } as unknown as ControlClient

function hostedOf(more: Partial<Installed>): Hosted {
  const plan = { kind: 'make', because: [], commands: [], interrupts: false } as const
  const installed: Installed = { plan, isNew: false, isRunning: false, hasImage: false, ...more }
  return { look: () => Promise.resolve(installed) } as unknown as Hosted
}

test('control that runs is asked; where nothing was ever deployed its answers are known', async () => {
  assert.equal((await planningOn(hostedOf({ isRunning: true }), control)).control, control)
  const nobody = (await planningOn(hostedOf({ isNew: true }), control)).control!
  assert.equal((await nobody.call('status', {})).world.live, null)
})

test('where control has kept something and does not run, nobody can tell what a deploy would do', async () => {
  assert.equal((await planningOn(hostedOf({}), control)).control, null)
})
