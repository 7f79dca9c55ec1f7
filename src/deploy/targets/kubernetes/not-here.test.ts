import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { mustRunHere } from './not-here.ts'

test('programs, files, images, migrations and what is outside run; the rest is refused at once, each by its name', () => {
  const api = { start: 'node main.js', routes: ['/'], secrets: ['JWT_KEY'], uses: { bank: 'required' } }
  const elsewhere = { bank: { kind: 'http', url: 'BANK_URL' }, store: { kind: 'postgres', url: 'STORE_URL' } }
  const shapes = {
    api: { ...api, migrate: { expand: 'node migrate.js' }, templates: { 'a.template': 'a' } },
    web: { static: 'public', routes: ['/web'] },
    other: { image: `registry.example.com/other@sha256:${'a'.repeat(64)}`, routes: ['/other'] },
  }
  const hooks = { before: 'true', after: 'true', failed: 'true' }
  const environment = { strategy: 'recreate', hooks }
  mustRunHere(kubernetesRelease(shapes, { needs: elsewhere, environment }).config)

  const services = {
    api: { ...api, affinity: 'cookie' },
    proxy: { start: 'nginx -c $INSTANCE_DIR/a.conf', routes: ['/proxy'], templates: { 'a.template': 'a.conf' } },
  }
  const needs = { ...elsewhere, db: { kind: 'postgres' } }
  const { config } = kubernetesRelease(services, { needs })
  assert.throws(
    () => mustRunHere(config),
    (error: { readonly code: string; readonly details: readonly string[] }) => {
      assert.equal(error.code, 'target.not-yet')
      assert.deepEqual(error.details, [
        "services.api: affinity: 'cookie'",
        'services.proxy: templates of an image without our entry',
        "needs.db: a postgres that the environment runs; one with a `url` is somebody else's",
      ])
      return true
    },
  )
})
