import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { explain, type Sight } from './diagnose.ts'
import { observed } from './observe.ts'

const recorded = readFileSync(join(import.meta.dirname, '../../../../test/fixtures/docker/inspect.json'), 'utf8')
const release = dockerRelease({
  api: { start: 'node main.js', routes: ['/'] },
  broken: { start: 'node main.js', routes: ['/broken'] },
})
const seen = { waitedMs: 9_000, deadlineMs: 9_000, probes: 9, passed: 0, relapses: 0, last: null }
const waiting = { state: 'S', cpuMs: 40 }

function sight(service: string, more: Partial<Sight> = {}): Sight {
  const found = observed(recorded).find(({ instance }) => instance.service === service)!
  return { observed: found, lastLines: [], inside: null, release, seen, ...more }
}

function listening(address: string, port: number): Sight {
  return sight('api', { inside: { listeners: [{ address, port, inode: '1' }], program: waiting } })
}

test('a loopback that only its own container reaches', () => {
  for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    const cause = explain(listening(address, 8080))
    assert.equal(cause?.name, 'loopback-bind', address)
    assert.match(cause.text, /8080 only, which nobody outside its container reaches/)
  }
  assert.equal(explain(listening('0.0.0.0', 8080)), null)
})

test('another port, and no port at all', () => {
  assert.equal(explain(listening('0.0.0.0', 3000))?.name, 'wrong-port')
  assert.equal(explain(sight('api', { inside: { listeners: [], program: waiting } }))?.name, 'slow-start')
})

test('what was not seen is no evidence', () => {
  assert.equal(explain(sight('api')), null)
})

test('why it ended says more than that it did', () => {
  assert.equal(explain(sight('broken'))?.name, 'crash-loop')
  const lastLines = ["Error: Cannot find package 'express' imported from /app/main.js", 'ERR_MODULE_NOT_FOUND']
  const cause = explain(sight('broken', { lastLines }))
  assert.deepEqual([cause?.name, cause?.text.includes('express')], ['module-missing', true])
})
