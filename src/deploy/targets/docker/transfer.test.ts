import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { imagesIn, isContainerdStore, planTransfer, type ImageLook } from './transfer.ts'

const name = 'seaworthy/shop/api:1'
const image = look(['base', 'deps', 'app'])

function look(layers: readonly string[], names: readonly string[] = []): ImageLook {
  return { id: `sha256:${layers.join('')}`, names, digests: [], layers, user: '', labels: {} }
}

test('what docker shows of images is read', () => {
  const recorded = readFileSync(join(import.meta.dirname, '../../../../test/fixtures/docker/images.json'), 'utf8')
  const [tiny, base] = imagesIn(recorded)
  assert.deepEqual(tiny!.names, ['seaworthy-tiny:1'])
  assert.equal(tiny!.layers.length, 4)
  assert.equal(base!.layers.length, 1)
  assert.deepEqual(base!.digests, [])
})

test('nothing travels when it is there under its name, with the same layers', () => {
  const there = [look(['other']), look(['base', 'deps', 'app'], [name])]
  assert.deepEqual(planTransfer({ name, image, there, knowsLayers: true }), { kind: 'nothing' })
})

test('under its name but with other layers, or with its layers under another name, it travels', () => {
  const other = [look(['base', 'deps', 'old'], [name])]
  assert.deepEqual(planTransfer({ name, image, there: other, knowsLayers: true }), {
    kind: 'send',
    layers: 3,
    present: 2,
  })
  const unnamed = [look(['base', 'deps', 'app'], ['x:1'])]
  assert.deepEqual(planTransfer({ name, image, there: unnamed, knowsLayers: true }), {
    kind: 'send',
    layers: 3,
    present: 3,
  })
})

test('only layers on the same ground are present', () => {
  const there = [look(['deps', 'app']), look(['base', 'x', 'app']), look(['base'])]
  assert.deepEqual(planTransfer({ name, image, there, knowsLayers: true }), { kind: 'send', layers: 3, present: 1 })
  assert.deepEqual(planTransfer({ name, image, there: [], knowsLayers: true }), { kind: 'send', layers: 3, present: 0 })
})

test("an engine with containerd's store is sent everything", () => {
  const there = [look(['base', 'deps'])]
  assert.deepEqual(planTransfer({ name, image, there, knowsLayers: false }), { kind: 'send', layers: 3, present: 0 })
  assert.equal(isContainerdStore([['driver-type', 'io.containerd.snapshotter.v1']]), true)
  assert.equal(
    isContainerdStore([
      ['Backing Filesystem', 'extfs'],
      ['Supports d_type', 'true'],
    ]),
    false,
  )
})
