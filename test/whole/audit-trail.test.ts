/** The audit trail of a real environment: whole after every kill, verified with control away, and no secret in it. */
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TrailRecord } from '../../src/control/audit/trail.ts'
import { canonicalJson, sha256 } from '../../src/core/canonical-json.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'

const SECRET = 'sw-90ab77c1-secret'
const configOf = (name: string): object =>
  plainConfig({ env: { NAME: name }, service: { secrets: ['API_TOKEN'] }, environment: { watch: { for: '300ms' } } })

async function recordsOf(project: TestProject): Promise<readonly TrailRecord[]> {
  return JSON.parse((await project.must(['audit-trail', '--json', '--limit', '1000'])).stdout) as TrailRecord[]
}

void test('each deploy has its beginning and its end on record, once, with plan and proof, though control is killed', async () => {
  await using project = new TestProject(configOf('v1'))
  const env = { API_TOKEN: SECRET }
  await project.must(['up', '--detach'], env)
  for (const name of ['v2', 'v3', 'v4']) {
    project.configure(configOf(name))
    const deploy = project.start(['deploy'], env)
    await until(async () => (await project.status()).running !== null, `the deploy of ${name}`)
    const { controlPid } = await project.status()
    process.kill(controlPid, 'SIGKILL')
    const { code, stdout, stderr } = await deploy.ended
    assert.equal(code, 0, `${stdout}\n${stderr}`)
  }
  await project.must(['stop', '--service', 'api'])
  await project.must(['stop', '--service', 'api', '--start'])
  const unknown = await project.run(['stop', '--service', 'nobody'])
  assert.equal(unknown.code, 1)

  const records = await recordsOf(project)
  const { deploys } = await project.control.call('deploy.list', { limit: 10 })
  assert.equal(deploys.length, 4)
  for (const deploy of deploys) {
    const about = records.filter(
      ({ what, subject }) => /^deploy\.(begun|ended)$/.test(what) && subject['deploy'] === deploy.id,
    )
    assert.deepEqual(
      about.map(({ what, outcome, who }) => [what, outcome, who]),
      [
        ['deploy.begun', 'done', deploy.by],
        ['deploy.ended', deploy.state, deploy.by],
      ],
      deploy.id,
    )
    const proof = JSON.parse(readFileSync(join(project.stateFolder, 'proofs', `${deploy.id}.json`), 'utf8')) as object
    assert.deepEqual(
      [about[1]!.subject['planHash'], about[1]!.subject['proof']],
      [deploy.plan.hash, sha256(canonicalJson(proof))],
    )
  }
  const services = records.filter(({ what }) => what.startsWith('service.'))
  assert.deepEqual(
    services.map(({ what, outcome, subject }) => [what, outcome, subject['service']]),
    [
      ['service.stop', 'done', 'api'],
      ['service.start', 'done', 'api'],
      ['service.stop', 'refused: service.unknown', 'nobody'],
    ],
  )
  for (const { who } of services) assert.match(who, /@.* \(pid \d+\)$/)

  await project.must(['stop'])
  const verified = await project.must(['audit-trail', '--verify'])
  assert.match(verified.stdout, /^\d+ records follow each other/)
  const [last] = (await recordsOf(project)).slice(-1)
  assert.equal(last!.what, 'environment.stop')
  assert.doesNotMatch(readFileSync(join(project.stateFolder, 'audit-trail.jsonl'), 'utf8'), new RegExp(SECRET))
})

void test('tampering is found with control up and with control away; a torn line is mended at the next start', async () => {
  await using project = new TestProject(configOf('v1'))
  const env = { API_TOKEN: SECRET }
  await project.must(['up', '--detach'], env)
  const file = join(project.stateFolder, 'audit-trail.jsonl')
  const whole = readFileSync(file, 'utf8')
  const changed = whole.replace('"first deploy"', '"first Deploy"')
  assert.notEqual(changed, whole)
  writeFileSync(file, changed)
  const found = await project.run(['audit-trail', '--verify'])
  assert.equal(found.code, 1)
  assert.match(
    found.stderr,
    /audit-trail\.jsonl line 1: its content is not what its hash was taken from +\[audit\.broken\]/,
  )
  writeFileSync(file, whole)
  await project.must(['audit-trail', '--verify'])

  const { controlPid } = await project.status()
  appendFileSync(file, '{"half a record')
  process.kill(controlPid, 'SIGKILL')
  await until(async () => (await project.status()).controlPid !== controlPid, 'control to be back')
  const records = await recordsOf(project)
  assert.equal(records.at(-1)!.what, 'audit-trail.mended')
  await project.must(['stop'])
  await project.must(['audit-trail', '--verify'])
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  writeFileSync(file, `${lines.slice(0, -1).join('\n')}\n`)
  const cut = await project.run(['audit-trail', '--verify'])
  assert.match(cut.stderr, /the end is missing: records \d+ to \d+ were written/)
  await project.must(['up', '--detach'], env)
  const { events } = await project.control.call('events', { after: 0, limit: 1000 })
  assert.ok(events.some(({ kind }) => kind === 'audit-trail-broken'))
})
