import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { jobOf, type JobInput } from './job.ts'
import { oncePod } from './pod.ts'

const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'] } })
const ARGV = ['node', 'migrate.js', 'expand']

function job(run: number): ReturnType<typeof jobOf> {
  const input: JobInput = { release, service: 'api', image: 'i:1', what: 'migration', run, argv: ARGV, limitMs: 90_500 }
  return jobOf(input)
}

test('a migration is tried once, within its limit, and can be looked at for a day', () => {
  const { metadata, ...rest } = job(1)
  assert.equal(metadata.name, 'shop-production-api-migration-1-7-3fa9c1d2')
  assert.deepEqual(rest, {
    apiVersion: 'batch/v1',
    kind: 'Job',
    spec: {
      backoffLimit: 0,
      activeDeadlineSeconds: 91,
      ttlSecondsAfterFinished: 86_400,
      template: oncePod({ release, service: 'api', image: 'i:1' }, 'migration', ARGV),
    },
  })
})

test('another try is another job', () => {
  assert.notEqual(job(1).metadata.name, job(2).metadata.name)
})
