import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { dockerRelease } from '../../../../test/support/docker-release.ts'
import { causeOfContainer } from './causes.ts'
import { observed, type Observed } from './observe.ts'

const fixtures = join(import.meta.dirname, '../../../../test/fixtures/docker')
const recorded = JSON.parse(readFileSync(join(fixtures, 'inspect.json'), 'utf8')) as readonly object[]
const states = JSON.parse(readFileSync(join(fixtures, 'states.json'), 'utf8')) as Record<string, object>
const service = dockerRelease({ api: { start: 'node main.js', resources: { memory: '64MiB' } } }).config.services[
  'api'
]!

function of(name: string): Observed {
  return observed(JSON.stringify(recorded)).find(({ instance }) => instance.service === name)!
}

function inState(name: string): Observed {
  return observed(JSON.stringify([{ ...recorded[0], ...states[name] }]))[0]!
}

function causeOf(one: Observed, lastLines: readonly string[] = []): string {
  const cause = causeOfContainer({ observed: one, service, lastLines })
  return cause === null ? 'none' : `${cause.name}, ${cause.certainty}: ${cause.text}`
}

test('out of memory, with the limit', () => {
  const text = causeOf(of('greedy'))
  assert.match(
    text,
    /^out-of-memory, proven: it used more memory than the 64 MiB of `resources.memory`, and the kernel/,
  )
})

test('a crash loop has its exit code and the line that tells', () => {
  const text = causeOf(of('broken'), ['starting', 'Error: DB_URL is not set', 'bye'])
  assert.match(text, /^crash-loop, proven: the program exited with 3 \(\d+ times\): Error: DB_URL is not set$/)
  assert.match(
    causeOf(of('quiet')),
    /^ended-by-itself, proven: the program exited with 0 \(\d+ times\), without a word$/,
  )
})

test('a program that is not in the image: by the init, or by the engine itself', () => {
  const line = "seaworthy: there is no program 'npm' in this image"
  assert.equal(causeOf(of('absent'), [line]), "not-started, likely: there is no program 'node' in its image")
  assert.equal(causeOf(inState('not-found')), "not-started, proven: there is no program 'node' in its image")
})

test('a port of the host that somebody else has', () => {
  assert.equal(causeOf(inState('port-taken')), 'address-in-use, proven: port 18080 of the host is in use')
})

test('nothing is said of one that runs, was just made, or was stopped before it ever ended', () => {
  assert.equal(causeOf(of('api')), 'none')
})
