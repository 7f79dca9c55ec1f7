import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEAD_COMPONENTS, deadComponentsIn } from './dead-components.ts'

const BROKEN = [
  'image: grafana/promtail:3.5.0',
  'image: grafana/agent:v0.44.0',
  'image: jaegertracing/all-in-one:1.60',
  'image: bitnami/postgresql:17',
  'image: minio/minio:latest',
  'routes:\n  - match_re:\n      severity: P0',
  "version: '3.8'\nservices: {}",
]

void test('each component that has ended is found in a file that has it, and in no good one', () => {
  assert.equal(BROKEN.length, DEAD_COMPONENTS.length)
  for (const [index, text] of BROKEN.entries()) {
    const lines = deadComponentsIn('a.yml', text)
    assert.equal(lines.length, 1, text)
    assert.ok(lines[0]!.includes(DEAD_COMPONENTS[index]!.name), lines[0])
  }
  const good = 'name: x\nimage: jaegertracing/jaeger:2.15.0\nimage: grafana/alloy\nmatchers: [a="b"]\nversion: 3.10.2-x'
  assert.deepEqual(deadComponentsIn('b.yml', good.replace('version: 3', 'release: 3')), [])
})

void test('each says since when, by which source and what takes its place', () => {
  for (const { ended, source, instead } of DEAD_COMPONENTS) {
    if (ended !== null) assert.match(ended, /^20\d\d(?:-\d\d){0,2}$/)
    assert.ok(URL.canParse(source) && instead.length > 0)
  }
})
