import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Operation } from '../deploy/plan.ts'
import { createNarrator } from './narrate.ts'

test('where lines are kept, a step says its reason once', () => {
  const lines: string[] = []
  const out = { isTTY: false, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream
  const narrator = createNarrator({ json: false, out })
  const operation: Operation = { id: 'start:api', kind: 'start', service: 'api', by: 'cli', because: 'one instance' }
  narrator.event({ kind: 'begun', operation })
  narrator.event({ kind: 'done', operation, tookMs: 1_200 })
  narrator.close()
  assert.deepEqual(lines, ['· start:api      one instance\n', '✓ start:api        1.2 s\n'])
})
