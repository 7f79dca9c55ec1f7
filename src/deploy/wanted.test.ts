import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasInstances } from './wanted.ts'

const RUNS = [
  { kind: 'program', argv: ['node'] },
  { kind: 'static', folder: 'web' },
  { kind: 'image', image: 'shop/api:1' },
] as const

test('on a machine programs alone run; as containers and pods everything does', () => {
  const of = (target: 'process' | 'docker' | 'kubernetes') => RUNS.map((run) => hasInstances({ run }, { target }))
  assert.deepEqual(of('process'), [true, false, false])
  assert.deepEqual(of('docker'), [true, true, true])
  assert.deepEqual(of('kubernetes'), [true, true, true])
})
