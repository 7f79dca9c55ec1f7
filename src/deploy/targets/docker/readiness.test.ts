import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { observed, type Observed } from './observe.ts'
import { gone } from './readiness.ts'
import { idleSecrets, isHalfMade, isStray } from './tidy.ts'

const fixtures = join(import.meta.dirname, '../../../../test/fixtures/docker')
const recorded = readFileSync(join(fixtures, 'inspect.json'), 'utf8')
const states = JSON.parse(readFileSync(join(fixtures, 'states.json'), 'utf8')) as Record<string, object>

function of(service: string): Observed {
  return observed(recorded).find(({ instance }) => instance.service === service)!
}

function inState(name: string): Observed {
  const [first] = JSON.parse(recorded) as readonly object[]
  return observed(JSON.stringify([{ ...first, ...states[name] }]))[0]!
}

test('one that the engine starts again and again says how often', () => {
  const broken = of('broken')
  const { restarts } = broken.instance
  assert.deepEqual(gone(broken), { kind: 'gone', because: 'the program exited with 3', restarts })
})

test('what nobody starts again is final', () => {
  assert.deepEqual(gone(null), { kind: 'gone', because: 'it is not there any more', restarts: null })
  assert.deepEqual(gone(inState('stopped')), { kind: 'gone', because: 'the program exited with 0', restarts: null })
  const missing = gone(inState('not-found'))
  assert.ok(missing.kind === 'gone' && missing.restarts === null)
  assert.match(missing.because, /^the program could not be started: /)
})

test('what is half made, and what belongs to no release that is known', () => {
  assert.deepEqual([isHalfMade(of('api')), isHalfMade(inState('not-found'))], [false, true])
  assert.deepEqual([isStray(of('api'), new Set(['7-3fa9c1d2'])), isStray(of('api'), new Set())], [false, true])
})

test('secrets that no container is there to read', () => {
  const place = { app: 'shop', environment: 'staging' }
  const volumes = [
    'seaworthy_shop_staging_api_7-3fa9c1d2_secrets',
    'seaworthy_shop_staging_api_6-00ff00ff_secrets',
    'seaworthy_shop_staging_need_db_secrets',
    'seaworthy_shop_staging_api_data_3a6eb079',
    'seaworthy_shop_staging_state',
  ]
  assert.deepEqual(idleSecrets(volumes, [of('api')], place), [volumes[1]])
  assert.deepEqual(idleSecrets(volumes, [], place), volumes.slice(0, 2))
})
