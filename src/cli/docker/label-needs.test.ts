import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dockerRelease } from '../../../test/support/docker-release.ts'
import { labelNeeds } from './label-needs.ts'

test('a Kafka that is to run as a container is labelled, and no other need', () => {
  const uses = { bus: 'required', other: 'required', db: 'required' }
  const { config } = dockerRelease(
    { api: { start: 'node api.js', uses } },
    {
      needs: {
        bus: { kind: 'kafka' },
        other: { kind: 'kafka', url: 'OTHER_URL' },
        idle: { kind: 'kafka' },
        db: { kind: 'postgres' },
      },
    },
  )
  assert.deepEqual(labelNeeds(config), [
    { level: 'note', what: 'need bus', detail: 'not verified: no test has run apache/kafka:4.1.1' },
  ])
})
