import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jobOf } from './job.ts'

test('a migration is tried once, within its limit, and can be looked at for a day', () => {
  const metadata = { name: 'shop-production-api-migration-1-2-7-3fa9c1d2', labels: {} }
  const template = { metadata: { labels: {} }, spec: {} }
  assert.deepEqual(jobOf({ metadata, template, limitMs: 90_500 }), {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata,
    spec: { backoffLimit: 0, activeDeadlineSeconds: 91, ttlSecondsAfterFinished: 86_400, template },
  })
})
