import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../test/support/kubernetes-release.ts'
import { nobodyYet } from './nobody-yet.ts'

test('before control is installed a plan tells of a migration what can be known, and nothing else is answered', async () => {
  const api = { start: 'node main.js', uses: { db: 'required' }, migrate: { expand: 'sql migrations' } }
  const release = kubernetesRelease({ api }, { needs: { db: { kind: 'postgres', url: 'SHOP_DB' } } })
  const control = nobodyYet()
  assert.deepEqual(await control.call('migration.outlook', { release, services: ['api'] }), {
    outlook: { api: 'rehearsed on a copy of db (not asked yet: its URL comes with the deploy)' },
  })
  await assert.rejects(control.call('need.list', {}), { code: 'environment.down' })
})
