import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { findCluster } from './grounds.ts'

test('a cluster is the one that is named, or the one that is brought up; otherwise it is said what lacks', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-cluster-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const program = (name: string, text: string): string => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
    return join(folder, name)
  }
  assert.deepEqual(findCluster({ KUBECONFIG: '/a', CLUSTER_UP: '/b' }), { kubeconfig: '/a' })
  const up = program('up', 'echo starting; echo /run/kubeconfig')
  assert.deepEqual(findCluster({ CLUSTER_UP: up }), { kubeconfig: '/run/kubeconfig' })
  const broken = program('broken', 'echo "build it first" >&2; exit 1')
  assert.deepEqual(findCluster({ CLUSTER_UP: broken }), { lacks: `${broken}: build it first` })
  assert.deepEqual(findCluster({ CLUSTER_UP: join(folder, 'none') }), {
    lacks: `CLUSTER_UP: there is no program ${join(folder, 'none')}`,
  })
  assert.deepEqual(findCluster({}), { lacks: 'neither KUBECONFIG nor CLUSTER_UP is set' })
})
