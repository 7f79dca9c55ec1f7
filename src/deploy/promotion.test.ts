import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkConfig, resolveEnvironment } from '../config/index.ts'
import type { ResolvedApp } from '../config/resolved.ts'
import type { Problem } from '../core/problem.ts'
import type { DeployRecord } from './journal.ts'
import { mustFit, provenRelease, type Proving } from './promotion.ts'
import type { Release } from './release.ts'

const deployOf = (id: string, release: string, over: object = {}): DeployRecord =>
  ({ id, kind: 'deploy', state: 'done', plan: { release: { id: release } }, proof: {}, ...over }) as DeployRecord

const provingOf = (over: Partial<Proving> = {}): Proving => ({
  environment: 'staging',
  world: { live: '7-x', warm: null, sequence: 7 },
  running: null,
  deploys: [deployOf('d7', '7-x')],
  ...over,
})

test('what is live is proven once its deploy is done', () => {
  assert.equal(provenRelease(provingOf()), '7-x')
})

test('a refused deploy after it and a way back to it change nothing', () => {
  const deploys = [
    deployOf('d9', '7-x', { kind: 'rollback' }),
    deployOf('d8', '8-y', { state: 'taken-back' }),
    deployOf('d7', '7-x'),
  ]
  assert.equal(provenRelease(provingOf({ deploys })), '7-x')
})

test('a way back to what was never found good does not make it so', () => {
  const deploys = [
    deployOf('d9', '7-x', { kind: 'rollback' }),
    deployOf('d8', '8-y'),
    deployOf('d7', '7-x', { state: 'taken-back' }),
  ]
  assert.throws(() => provenRelease(provingOf({ deploys })), {
    code: 'promote.not-proven',
    message: /d7 is taken-back/,
  })
})

test('what is not there, not over, without a verdict or without a proof is refused', () => {
  const refused = (over: Partial<Proving>, code: string, message: RegExp): void =>
    assert.throws(() => provenRelease(provingOf(over)), { code, message })
  const world = { live: null, warm: null, sequence: 0 }
  refused({ world }, 'promote.nothing-live', /nothing is live in staging/)
  refused({ running: deployOf('d8', '7-x', { state: 'running' }) }, 'promote.not-proven', /d8 is not over/)
  refused({ deploys: [deployOf('d7', '7-x', { state: 'inconclusive' })] }, 'promote.not-proven', /too few answers/)
  refused({ deploys: [deployOf('d7', '7-x', { proof: null })] }, 'promote.not-proven', /d7 is done/)
  refused({ deploys: [deployOf('d6', '6-x')] }, 'promote.not-proven', /forgotten/)
})

function appOf(environment: string, service: object = {}, others: object = {}): ResolvedApp {
  const raw = {
    name: 'shop',
    services: { api: { build: 'npm ci', start: 'node main.ts', routes: ['/'], ...service }, ...others },
    environments: { staging: { target: 'process' }, production: { target: 'process' } },
  }
  return resolveEnvironment(checkConfig(raw, 'seaworthy.config.json'), environment)
}

const proven = (service: object = {}, others: object = {}): Release =>
  ({ id: '7-x', config: appOf('staging', service, others) }) as Release

/** What a refusal says, its details too. */
function refusal(from: Release, to: ResolvedApp): Pick<Problem, 'code' | 'details'> | null {
  try {
    mustFit(from, to)
    return null
  } catch (error) {
    const { code, details } = error as Problem
    return { code, details }
  }
}

test("variables of what is not built, scale and secrets are the environment's own", () => {
  const own = { secrets: ['KEY'], scale: { min: 3 }, resources: { memory: '1GiB' }, grace: '9s' }
  assert.equal(refusal(proven(), appOf('production', own)), null)
  const unbuilt = { build: undefined, env: { LEVEL: 'debug' } }
  assert.equal(refusal(proven({ build: undefined }), appOf('production', unbuilt)), null)
})

test('what makes an artifact has to be the same, and all that is not is named', () => {
  const worker = { worker: { start: 'node worker.ts' } }
  const changed = {
    build: 'npm ci --omit=dev',
    start: 'node other.ts',
    writable: ['data'],
    migrate: { expand: 'node m.ts' },
  }
  assert.deepEqual(refusal(proven({}, worker), appOf('production', changed)), {
    code: 'promote.services-differ',
    details: [
      'api: `build` differs',
      'api: `start` differs',
      'api: `writable` differs',
      'api: `migrate` differs',
      'worker: the config has no such service any more',
    ],
  })
  assert.deepEqual(refusal(proven(), appOf('production', {}, worker))?.details, [
    'worker: the release has no such service',
  ])
})

test('a build that was given other values is refused by their names, and no value is told', () => {
  const from = proven({ env: { API_URL: 'https://staging', SAME: '1', GONE: 'x' } })
  const to = appOf('production', { env: { API_URL: 'https://production', SAME: '1', NEW: 'y' } })
  assert.deepEqual(refusal(from, to), {
    code: 'promote.build-bound',
    details: ['api: its build was given another API_URL, GONE, NEW'],
  })
})
