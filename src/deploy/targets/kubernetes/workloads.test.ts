import assert from 'node:assert/strict'
import { mkdtempDisposableSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { Problem } from '../../../core/problem.ts'
import { releaseLabels } from './names.ts'
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

test('what makes room has gone when its pods have: one that is on its way out still runs', async () => {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-kubectl-'))
  const release = kubernetesRelease({ api: { start: 'node main.js' } }, { environment: { strategy: 'recreate' } })
  const pod = {
    metadata: {
      name: 'shop-api-1',
      uid: '3f7c2d1e-0000',
      labels: releaseLabels(release, 'api'),
      creationTimestamp: '2026-11-22T08:00:00Z',
      deletionTimestamp: '2026-11-22T09:00:00Z',
    },
    spec: { containers: [{ name: 'api' }] },
    status: { phase: 'Running' },
  }
  writeFileSync(join(folder.path, 'pods.json'), JSON.stringify({ items: [pod] }))
  // The pod is there at the first look, and gone at the second.
  const kubectl = `#!/bin/sh
here=$(dirname "$0")
echo "$*" >> "$here/asked"
case "$*" in
  *" get pods "*) if test -e "$here/looked"; then echo '{"items":[]}'; else cat "$here/pods.json"; : > "$here/looked"; fi ;;
esac
`
  writeFileSync(join(folder.path, 'kubectl'), kubectl, { mode: 0o755 })
  const workloads = new Workloads({
    access: { context: null, namespace: 'shop' },
    place: { app: 'shop', environment: 'production' },
    run: { env: { PATH: `${folder.path}:/usr/bin:/bin` } },
  })
  const asked = (): readonly string[] =>
    readFileSync(join(folder.path, 'asked'), 'utf8')
      .trim()
      .split('\n')
      .map((words) => words.split(' ').slice(2, 4).join(' '))
  await workloads.rest(release, 'api')
  assert.deepEqual(asked(), ['delete horizontalpodautoscalers,deployments', 'get pods', 'get pods'])
  for (const name of ['asked', 'looked']) rmSync(join(folder.path, name))
  await workloads.remove(release.id, ['api'], release)
  assert.deepEqual(asked().slice(2), ['get pods', 'get pods'])
  // Of one that may run beside its next release nobody waits for the end.
  for (const name of ['asked', 'looked']) rmSync(join(folder.path, name))
  await workloads.remove(release.id, ['api'], kubernetesRelease({ api: { start: 'node main.js' } }))
  assert.deepEqual(asked().slice(2), ['get pods'])
})
