import assert from 'node:assert/strict'
import { test } from 'node:test'
import { bytes, cores, resourcesOf } from './resources.ts'

test('amounts are written as the API server writes them', () => {
  assert.deepEqual([0.5, 1, 2.25, 0.0001, 4].map(cores), ['500m', '1', '2250m', '1m', '4'])
  assert.deepEqual([1, 1024, 1536, 256 * 2 ** 20, 2 ** 30, 1.5 * 2 ** 30].map(bytes), [
    '1',
    '1Ki',
    '1536',
    '256Mi',
    '1Gi',
    '1536Mi',
  ])
})

test('memory is put aside whole; CPU is never held back', () => {
  const { requests, limits } = resourcesOf({ cpu: 0.5, memoryBytesMax: 256 * 2 ** 20 })
  assert.deepEqual([requests['cpu'], requests['memory'], limits['memory']], ['500m', '256Mi', '256Mi'])
  assert.ok(!('cpu' in limits))
})

test('what is not declared is put aside in a small measure and not bounded', () => {
  const { requests, limits } = resourcesOf({ cpu: null, memoryBytesMax: null })
  assert.deepEqual(requests, { cpu: '100m', memory: '128Mi', 'ephemeral-storage': '64Mi' })
  assert.deepEqual(limits, { 'ephemeral-storage': '1Gi' })
})
