import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../../test/support/kubernetes-release.ts'
import { Problem } from '../../../../core/problem.ts'
import { mustRender } from './not-rendered.ts'

const SERVICES = {
  api: { start: 'node main.js', routes: ['/'], secrets: ['JWT_KEY'], uses: { bank: 'required' } },
  proxy: { image: `registry.example.com/proxy@sha256:${'b'.repeat(64)}`, routes: ['/proxy'] },
}
const bank = { kind: 'http', url: 'BANK_URL' }

test('what plain objects cannot do is refused, all of it at once', () => {
  const services = {
    ...SERVICES,
    web: { static: 'web', routes: ['/web'], affinity: 'cookie' },
    jobs: { start: 'node jobs.js', templates: { 'a.template': 'a' }, migrate: { expand: 'node migrate.js' } },
  }
  const needs = { bank, db: { kind: 'postgres' } }
  const { config } = kubernetesRelease(services, { needs, environment: { strategy: 'recreate' } })
  assert.throws(
    () => mustRender(config),
    (thrown) => {
      assert.ok(thrown instanceof Problem && thrown.code === 'render.refused')
      assert.deepEqual(thrown.details, [
        'services.web: static files',
        "services.web: affinity: 'cookie'",
        'services.jobs: templates',
        'services.jobs: migrations',
        'needs.db: postgres',
        "strategy: 'recreate'",
      ])
      return true
    },
  )
})

test('programs, images of somebody else and what is called outside can be rendered', () => {
  mustRender(kubernetesRelease(SERVICES, { needs: { bank } }).config)
})
