import assert from 'node:assert/strict'
import { mkdtempDisposableSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { Problem } from '../../../core/problem.ts'
import { Workloads } from './workloads.ts'

test('beside what others apply nothing is put in place and nothing taken away', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-kubectl-'))
  const rendered = { metadata: { name: 'shop-api', annotations: { 'seaworthy.applied-by': 'others' } } }
  writeFileSync(join(folder.path, 'answer.json'), JSON.stringify({ items: [rendered] }))
  // Whatever it is asked, it is written down, and the answer is that one Deployment.
  const kubectl = '#!/bin/sh\nhere=$(dirname "$0")\necho "$*" >> "$here/asked"\ncat "$here/answer.json"\n'
  writeFileSync(join(folder.path, 'kubectl'), kubectl, { mode: 0o755 })
  const workloads = new Workloads({
    access: { context: null, namespace: 'shop' },
    place: { app: 'shop', environment: 'production' },
    run: { env: { PATH: `${folder.path}:/usr/bin:/bin` } },
  })
  const release = kubernetesRelease({ api: { start: 'node main.js' } })
  const isRefused = (thrown: unknown): boolean =>
    thrown instanceof Problem && thrown.code === 'render.applied-by-others'
  await assert.rejects(
    workloads.start(release, 'api', { image: 'i:1', asked: 1, values: () => Promise.resolve({}) }),
    isRefused,
  )
  await assert.rejects(workloads.deployed(), isRefused)
  const asked = readFileSync(join(folder.path, 'asked'), 'utf8').trim().split('\n')
  assert.equal(asked.length, 2)
  for (const words of asked) assert.match(words, /^--namespace shop get deployments /)
})
