import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { CLUSTER, OLD_CLUSTER } from '../../../../test/support/kubernetes-release.ts'
import { preStop, terminationGrace } from './pause.ts'

test('a newer cluster waits by itself; in an older one a program of the image does', () => {
  assert.deepEqual(preStop(CLUSTER, 'node', 30_000), { lifecycle: { preStop: { sleep: { seconds: 30 } } } })
  assert.deepEqual(preStop(CLUSTER, null, 30_000), { lifecycle: { preStop: { sleep: { seconds: 30 } } } })
  assert.deepEqual(preStop(OLD_CLUSTER, null, 30_000), {})
  assert.deepEqual(preStop(CLUSTER, 'node', 0), {})
})

for (const runtime of ['node', 'python'] as const) {
  test(`${runtime}: the program that waits does wait, and ends by itself`, () => {
    const { lifecycle } = preStop(OLD_CLUSTER, runtime, 1_000) as {
      lifecycle: { preStop: { exec: { command: [string, ...string[]] } } }
    }
    const [program, ...args] = lifecycle.preStop.exec.command
    const before = performance.now()
    const { status } = spawnSync(program, args, { timeout: 30_000 })
    assert.equal(status, 0)
    // A lower bound: no slow machine can make it fail.
    assert.ok(performance.now() - before >= 990)
  })
}

test('the force comes after the pause and the grace', () => {
  assert.equal(terminationGrace(30_000, 30_000), 65)
  assert.equal(terminationGrace(0, 2_500), 8)
  assert.ok(terminationGrace(1_500, 1) > 1.5)
})
