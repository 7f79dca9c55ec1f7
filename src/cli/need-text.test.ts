import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NeedReport } from '../control/needs/report.ts'
import { describeNeeds } from './need-text.ts'

const REPORT: NeedReport = {
  need: 'bus',
  kind: 'kafka',
  place: 'here',
  state: 'healthy',
  version: '4.1.1',
  port: 9092,
  pid: null,
  since: null,
  restarts: 0,
  cause: null,
}

test('a Kafka of ours is shown as what is known of it: the image, and that nobody has seen it working', () => {
  const what = (report: NeedReport): string => describeNeeds([report]).split('\n')[1]!
  assert.match(what(REPORT), /^bus +healthy +kafka, image 4\.1\.1 \(not verified\) +- +9092 /)
  assert.match(what({ ...REPORT, kind: 'redis', version: '7.0.15' }), /^bus +healthy +redis 7\.0\.15 +- /)
  assert.match(what({ ...REPORT, place: 'external', state: null, version: null }), /^bus +external +kafka +- /)
})
