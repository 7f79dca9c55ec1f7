/** `approval: true`: one person makes a plan, another approves this very plan, and only then it is deployed. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Approval } from '../../src/control/api/hooks-methods.ts'
import { planHash } from '../../src/deploy/plan-hash.ts'
import type { Plan } from '../../src/deploy/plan.ts'
import { plainConfig, TestProject, type CommandResult } from '../support/project.ts'

const configOf = (name: string): object =>
  plainConfig({ env: { NAME: name }, environment: { approval: true, watch: { for: '300ms' } } })

const FILE = '.seaworthy/plan.json'

/** Where the kernel remembers a login, nobody can be somebody else by a variable: the second person then calls control. */
const hasLogin = Number(readFileSync('/proc/self/loginuid', 'utf8')) !== 4_294_967_295

async function approveAsAnother(project: TestProject, file: string): Promise<void> {
  if (!hasLogin) return void (await project.must(['approve', file], { SUDO_USER: 'otto' }))
  const plan = JSON.parse(readFileSync(join(project.folder, file), 'utf8')) as Plan
  await project.control.call('approval.give', { plan, by: 'otto@elsewhere (pid 1)' })
}

void test('nothing is deployed that somebody else has not approved; going back needs nobody', async () => {
  await using project = new TestProject(configOf('v1'))
  const up = await project.must(['up', '--detach'])
  assert.match(
    up.stdout,
    /nothing is live: local wants an approval\. Next: seaworthy plan local --out \.seaworthy\/plan\.json/,
  )
  refused(
    await project.run(['deploy']),
    /deploy\.not-approved\]\n +plan [0-9a-f]{64}\n +make one to hand on: seaworthy plan local --out \.seaworthy\/plan\.json\n→ .*seaworthy approve \.seaworthy\/plan\.json local.*seaworthy deploy local --plan \.seaworthy\/plan\.json/,
  )
  assert.equal((await project.status()).world.live, null)

  // In the midst of the files it is for, it would change them.
  refused(await project.run(['plan', '--out', 'plan.json']), /\[cli\.plan-in-sources\]/, 2)
  assert.equal(existsSync(join(project.folder, 'plan.json')), false)
  const planned = await project.must(['plan', '--out', FILE])
  assert.match(
    planned.stdout,
    /seaworthy approve \.seaworthy\/plan\.json local\nThen: seaworthy deploy local --plan \.seaworthy\/plan\.json/,
  )
  refused(await project.run(['deploy', '--plan', FILE]), /nobody has given one +\[deploy\.not-approved\]/)
  refused(await project.run(['approve', FILE]), /\[approval\.own-plan\]/)
  await approveAsAnother(project, FILE)
  const deployed = await project.must(['deploy', '--plan', FILE])
  const first = (await project.status()).world.live!
  const plan = JSON.parse(readFileSync(join(project.folder, FILE), 'utf8')) as Plan
  assert.equal(plan.release.id, first)
  const [used] = (await project.control.call('approval.list', {})).approvals
  assert.deepEqual([used!.hash, used!.usedBy], [plan.hash, 'd1'])
  // Kept for as long as the deploy is.
  const { proof } = (await project.status()).last!
  assert.deepEqual(proof!.approval, { by: used!.by, at: used!.at, planHash: plan.hash })
  assert.match(deployed.stdout, new RegExp(`plan ${plan.hash.slice(0, 12)} approved by otto@`))
  refused(await project.run(['deploy', '--plan', FILE]), /\[deploy\.moved\]/, 3)

  // A second one, to go back from.
  project.configure(configOf('v2'))
  await project.must(['plan', '--out', FILE])
  await approveAsAnother(project, FILE)
  await project.must(['deploy', '--plan', FILE])
  await project.must(['rollback'])
  const back = await project.status()
  assert.deepEqual([back.world.live, back.last!.proof!.approval], [first, undefined])
  await project.must(['restart'])

  const trail = JSON.parse((await project.must(['audit-trail', '--json'])).stdout) as {
    what: string
    who: string
    outcome: string
    subject: Record<string, unknown>
  }[]
  const given = trail.find(({ what, outcome }) => what === 'approval.give' && outcome === 'done')!
  assert.match(given.who, /^otto@/)
  const begun = trail.find(({ what }) => what === 'deploy.begun')!
  assert.deepEqual([begun.subject['planHash'], begun.subject['approvedBy']], [plan.hash, given.who])
  assert.ok(trail.some(({ what, outcome }) => what === 'deploy.begin' && outcome === 'refused: deploy.not-approved'))
  assert.ok(trail.some(({ what, outcome }) => what === 'approval.give' && outcome === 'refused: approval.own-plan'))
})

void test('a plan that was changed, with or without its hash, and an approval that was revoked are refused', async () => {
  await using project = new TestProject(configOf('v1'))
  await project.must(['up', '--detach'])
  await project.must(['plan', '--out', FILE])
  await approveAsAnother(project, FILE)
  const file = join(project.folder, FILE)
  const text = readFileSync(file, 'utf8')
  const plan = JSON.parse(text) as Plan

  const altered = text.replace('"v1"', '"v0"')
  assert.notEqual(altered, text)
  writeFileSync(file, altered)
  refused(await project.run(['deploy', '--plan', FILE]), /\[deploy\.plan-altered\]/)
  const rehashed = { ...(JSON.parse(altered) as Plan) }
  writeFileSync(file, JSON.stringify({ ...rehashed, hash: planHash(rehashed) }))
  refused(await project.run(['deploy', '--plan', FILE]), /nobody has given one +\[deploy\.not-approved\]/)
  // The command is not what decides: control asked directly says the same.
  const { token } = await project.control.call('lease.acquire', { holder: 'test', reason: 'test', process: null })
  const origin = { folder: project.folder, channels: {} }
  const begin = (asked: Plan): Promise<unknown> =>
    project.control.call('deploy.begin', { token, plan: asked, by: 'eve@host', origin })
  await assert.rejects(begin({ ...rehashed, hash: plan.hash }), { code: 'deploy.plan-altered' })
  await assert.rejects(begin({ ...rehashed, hash: planHash(rehashed) }), { code: 'deploy.not-approved' })
  const restart = { ...plan, kind: 'restart' as const }
  await assert.rejects(begin({ ...restart, hash: planHash(restart) }), {
    code: 'deploy.not-approved',
  })
  await project.control.call('lease.release', { token })

  writeFileSync(file, text)
  await project.must(['approve', FILE, '--revoke'])
  refused(await project.run(['deploy', '--plan', FILE]), /has revoked it +\[deploy\.not-approved\]/)
  const listed = JSON.parse((await project.must(['approve', '--json'])).stdout) as Approval[]
  assert.deepEqual(
    listed.map(({ hash, usedBy }) => [hash, usedBy]),
    [[plan.hash, null]],
  )
  assert.equal((await project.status()).world.live, null)
})

function refused({ code, stdout, stderr }: CommandResult, message: RegExp, expected = 1): void {
  assert.equal(code, expected, `${stdout}\n${stderr}`)
  assert.match(stderr, message)
}
