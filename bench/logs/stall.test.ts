import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { watchLoop } from './stall.ts'

void test('a loop that is held up by its own work is seen, however busy the machine is', async () => {
  const seen = watchLoop()
  await wait(20)
  const from = process.threadCpuUsage().user
  while (process.threadCpuUsage().user - from < 80_000);
  await wait(20)
  const { maxMs, ownMaxMs } = seen()
  assert.ok(ownMaxMs >= 70, `${ownMaxMs} ms of its own`)
  assert.ok(maxMs >= ownMaxMs)
})
