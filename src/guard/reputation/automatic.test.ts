import assert from 'node:assert/strict'
import { test } from 'node:test'
import { automaticBlock, BLOCK_FOR_MS, REPEAT_WITHIN_MS } from './automatic.ts'
import type { Block } from './block.ts'
import type { Risk } from './risk.ts'

const risk: Risk = { risk: 87.04, refusedRisk: 87.04, causes: [{ cause: 'sqli', risk: 87.04 }] }

test('below the threshold nobody is blocked, also when what is monitored would pass it', () => {
  assert.equal(automaticBlock('192.0.2.1', { ...risk, risk: 99, refusedRisk: 79.9 }, undefined, 0), null)
})

test('a block names its causes and its end, and each one in a row lasts longer, up to a day', () => {
  let last: Block | undefined
  let now = 1_000
  const lengths = Array.from({ length: 6 }, () => {
    last = automaticBlock('192.0.2.1', risk, last, now)!
    const length = last.untilMs! - now
    now = last.untilMs! + 1_000
    return length
  })
  assert.deepEqual(lengths, [...BLOCK_FOR_MS, BLOCK_FOR_MS[3], BLOCK_FOR_MS[3]])
  assert.equal(last?.reason, 'risk 87: sqli 87')
  assert.equal(last?.times, 6)
})

test('after a quiet day the next block is a first one', () => {
  const first = automaticBlock('192.0.2.1', risk, undefined, 0)!
  const second = automaticBlock('192.0.2.1', risk, first, first.untilMs! + REPEAT_WITHIN_MS)!
  assert.deepEqual([second.times, second.untilMs! - second.atMs], [1, BLOCK_FOR_MS[0]])
})
