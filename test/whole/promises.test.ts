import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { PromiseView } from '../../src/promises/view.ts'
import { plainConfig, processesMentioning, root, TestProject } from '../support/project.ts'

interface Shown {
  readonly release: string | null
  readonly because: string | null
  readonly promises: readonly PromiseView[]
}

const kept = {
  all: { on: { service: 'api' }, availability: '99.9%', latency: { p95: '200ms' }, throughput: '50/s' },
  operate: { on: 'operate', detect: '1min' },
}
const refused = { ...kept, operate: { on: 'operate', detect: '30s' } }
const withPromises = (promises: object): object => ({ ...plainConfig(), promises })

void test("the example's promises have their arithmetic without a running environment", () => {
  using scratch = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-promises-'))
  const state = join(scratch.path, 'state')
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'bin/seaworthy.js'), 'promises', '-c', join(root, 'examples/opinion-market'), '--json'],
    { env: { PATH: process.env['PATH'], SEAWORTHY_DEMO_STATE: state }, encoding: 'utf8' },
  )
  assert.equal(status, 0, stderr)
  const { promises, release, because } = JSON.parse(stdout) as Shown
  assert.deepEqual([release, because], [null, 'the environment is not up'])
  const [trade] = promises
  assert.deepEqual([trade!.promise, trade!.state, trade!.standing], ['trade', 'unproven', null])
  assert.deepEqual(trade!.objectives[0]!.budget, { share: '0.001', time: '43.2 min', left: null })
  assert.equal(existsSync(state), false, 'looking makes nothing')
})

void test('a promise that cannot be kept starts nothing, and a measurement can turn one down', async () => {
  await using project = new TestProject(withPromises(refused))
  const up = await project.run(['up', '--detach'])
  assert.equal(up.code, 2, up.stdout)
  assert.match(up.stderr, /a promise of plain cannot be kept {2}\[promise\.infeasible\]/)
  assert.match(
    up.stderr,
    /operate\/detection: detection-window\n.*= 50 s\n.*promised 30 s < 50 s\n.*or: promise detect: '50s' in operate/,
  )
  assert.equal(existsSync(project.stateFolder), false)
  assert.deepEqual(processesMentioning(project.folder), [])
  const shown = await project.run(['promises', '--json'])
  assert.equal(shown.code, 4)
  const { promises } = JSON.parse(shown.stdout) as Shown
  assert.deepEqual(
    promises.map(({ promise, state }) => [promise, state]),
    [
      ['all', 'unproven'],
      ['operate', 'infeasible'],
    ],
  )

  project.configure(withPromises(kept))
  await project.must(['up', '--detach'])
  const seen = JSON.parse((await project.must(['promises', '--json'])).stdout) as Shown
  assert.equal(seen.release, (await project.status()).world.live, 'asked of control')
  assert.deepEqual(
    seen.promises.map(({ standing }) => standing),
    [null, null],
    'without a request nobody knows',
  )

  const outcome = { kind: 'found', perSecond: 20, above: 21 }
  const measured = { service: 'api', at: '2026-11-20T10:00:00.000Z', outcome }
  writeFileSync(join(project.stateFolder, 'capacity.json'), JSON.stringify({ 'api GET /': measured }))
  const { release: before } = JSON.parse((await project.run(['promises', '--json'])).stdout) as Shown
  for (const command of ['deploy', 'plan']) {
    const { code, stderr } = await project.run([command])
    assert.equal(code, 2, command)
    assert.match(stderr, /1 instances × 20\/s \(measured 2026-11-20\) × \(1 − 0\.3 headroom\) = 14\/s/)
  }
  assert.equal((await project.status()).world.live, before, 'what is live stays live')
})

void test('explain answers for a rule, and says what comes near a name that is none', async () => {
  await using project = new TestProject(withPromises(kept))
  const { stdout } = await project.must(['explain', 'AllAvailabilityBurn1h'])
  assert.match(stdout, /^ {2}threshold: 14\.4 × 0\.001 = 0\.0144$/m)
  const { code, stderr } = await project.run(['explain', 'AllAvailabilityBurn2h'])
  assert.equal(code, 2)
  assert.match(stderr, /Did you mean AllAvailabilityBurn1h\?/)
})
