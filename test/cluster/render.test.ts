/** What the real Kustomize in kubectl (1.27 or newer) makes of rendered files. Needs kubectl, and no cluster. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseAllDocuments } from 'yaml'
import { kustomized } from '../support/kustomize.ts'
import { TestProject } from '../support/project.ts'
import { documentsBelow, RENDER_CONFIG, rendered } from '../support/render-project.ts'

interface Named {
  readonly kind: string
  readonly metadata: { readonly name: string }
}

function byName(objects: readonly Named[]): readonly Named[] {
  const key = ({ kind, metadata }: Named): string => `${kind} ${metadata.name}`
  return objects.toSorted((one, other) => (key(one) < key(other) ? -1 : 1))
}

void test('kubectl kustomize makes of an overlay what the tests without it take for granted, and warns of nothing', async () => {
  await using project = new TestProject(RENDER_CONFIG)
  for (const registry of [[], ['--registry', 'registry.example.com:5000/team']]) {
    const { folder } = await rendered(project, ...registry)
    for (const environment of ['staging', 'production']) {
      const overlay = join(folder, 'overlays', environment)
      const text = execFileSync('sh', ['-c', 'exec kubectl kustomize "$0" 2>&1', overlay], { encoding: 'utf8' })
      const real = parseAllDocuments(text).map((document) => document.toJS() as Named)
      assert.deepEqual(byName(real), byName(kustomized(`overlays/${environment}`, documentsBelow(folder))))
    }
  }
})
