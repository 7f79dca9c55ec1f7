/** What happens around a deploy: hooks, and telling people; once each, whoever dies meanwhile. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { plainConfig, TestProject, until } from '../support/project.ts'

/** Beside the state folder: not a part of what is deployed. */
const note = (what: string): string => `sh -c 'echo ${what} $DEPLOY $OUTCOME >> .seaworthy/runs.txt'`

const runs = (project: TestProject): readonly string[] => {
  const file = join(project.folder, '.seaworthy/runs.txt')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

const configOf = (name: string, hooks: object, more: object = {}): object => ({
  ...plainConfig({ env: { NAME: name }, environment: { hooks, watch: { for: '300ms' } } }),
  ...more,
})

void test('a hook knows its deploy and nothing of ours; `before` can stop it, and `failed` hears of it', async () => {
  const hooks = {
    before: `sh -c 'env > .seaworthy/before.env; echo checked; exit \${HOOK_CODE:-0}'`,
    after: `sh -c 'env > .seaworthy/after.env; cat "$PROOF" > .seaworthy/proof.json'`,
    failed: `sh -c 'env > .seaworthy/failed.env'`,
  }
  await using project = new TestProject(configOf('v1', hooks))
  const up = await project.must(['up', '--detach'], { LEAK: 'sw-leak' })
  assert.match(up.stdout, /hook 'after' exited with 0/)
  const { last, world } = await project.status()
  const seen = variables(project, 'after.env')
  assert.deepEqual(
    ['DEPLOY', 'KIND', 'RELEASE', 'RELEASE_BEFORE', 'APP', 'ENVIRONMENT', 'PLAN_HASH', 'OUTCOME', 'BECAUSE'].map(
      (name) => seen[name],
    ),
    ['d1', 'deploy', world.live, '', 'plain', 'local', last!.plan.hash, last!.state, ''],
  )
  assert.equal(seen['BY'], last!.by)
  assert.equal(seen['PWD'], project.folder)
  assert.deepEqual(
    JSON.parse(readFileSync(join(project.folder, '.seaworthy/proof.json'), 'utf8')),
    JSON.parse(JSON.stringify(last!.proof)),
  )
  const given = [...GIVEN, 'OUTCOME', 'BECAUSE', 'PROOF']
  assert.deepEqual(Object.keys(seen).toSorted(), given.toSorted())
  assert.deepEqual(Object.keys(variables(project, 'before.env')).toSorted(), GIVEN.toSorted())

  project.configure(configOf('v2', { ...hooks, before: `sh -c 'echo disk is too small; exit 4'` }))
  const refused = await project.run(['deploy'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /the hook 'before' .* exited with 4 +\[deploy\.hook-failed\]\n +\| disk is too small/)
  assert.equal((await project.status()).world.live, world.live)
  await until(async () => (await project.control.call('hook.look', { deploy: 'd2' })).hook?.state === 'done', 'failed')
  const failed = variables(project, 'failed.env')
  assert.deepEqual([failed['OUTCOME'], failed['RELEASE_BEFORE']], ['refused', world.live])
  assert.match(failed['BECAUSE']!, /exited with 4/)
})

void test('an interrupted deploy takes its hook `before` along', async () => {
  await using project = new TestProject(configOf('v1', {}))
  await project.must(['up', '--detach'])
  project.configure(
    configOf('v2', { before: `sh -c 'echo running >> .seaworthy/runs.txt; sleep 60'`, failed: note('failed') }),
  )
  const deploy = project.start(['deploy'])
  await until(() => runs(project).includes('running'), 'the hook to run')
  process.kill(deploy.pid, 'SIGINT')
  assert.equal((await deploy.ended).code, 1)
  await until(() => runs(project).includes('failed d2 refused'), 'the other hook')
})

void test('people are told by webhook and Slack, at least once, also when control dies in between', async () => {
  await using receiver = await startReceiver()
  const channels = { ops: { webhook: 'OPS_URL' }, chat: { slack: 'CHAT_URL' } }
  const secrets = { OPS_URL: `${receiver.url}/sw-ops-secret`, CHAT_URL: `${receiver.url}/sw-chat-secret` }
  await using project = new TestProject(configOf('v1', {}, { alerts: { channels } }))
  await project.must(['up', '--detach'], secrets)
  await until(() => receiver.good('/sw-ops-secret').length >= 2, 'two messages')
  const [begun, ended] = receiver.good('/sw-ops-secret') as Record<string, unknown>[]
  const { last } = await project.status()
  assert.deepEqual(
    [begun!['event'], begun!['id'], begun!['by']],
    ['deploy.begun', 'plain/local/d1/deploy.begun', last!.by],
  )
  assert.deepEqual(
    [ended!['event'], ended!['state'], ended!['planHash']],
    ['deploy.ended', last!.state, last!.plan.hash],
  )
  await until(() => receiver.good('/sw-chat-secret').length >= 2, 'Slack')
  assert.match(
    (receiver.good('/sw-chat-secret')[0] as { text: string }).text,
    /^plain \(local\): deploy d1 of .* has begun$/,
  )

  // Nobody answers well, control is killed, then somebody does: nothing was forgotten.
  receiver.fail(true)
  project.configure(configOf('v2', {}, { alerts: { channels } }))
  await project.must(['deploy'], secrets)
  await until(() => receiver.refused() >= 2, 'tries in vain')
  process.kill((await project.status()).controlPid, 'SIGKILL')
  receiver.fail(false)
  const ids = (): unknown[] => receiver.good('/sw-ops-secret').map((body) => (body as { id: string }).id)
  await until(() => ids().includes('plain/local/d2/deploy.ended'), 'the end of d2')
  await until(() => ids().includes('plain/local/d2/deploy.begun'), 'its beginning')
  const told = JSON.stringify((await project.control.call('events', { after: 0, limit: 1000 })).events)
  assert.match(told, /notify-failed/)
  const said = [told, project.log('control'), readFileSync(join(project.stateFolder, 'audit-trail.jsonl'), 'utf8')]
  for (const text of said) assert.doesNotMatch(text, /sw-(ops|chat)-secret/)
})

void test('a channel whose secret has no value is said before anything is touched', async () => {
  await using project = new TestProject(configOf('v1', {}, { alerts: { channels: { ops: { webhook: 'OPS_URL' } } } }))
  const { code, stderr } = await project.run(['up', '--detach'])
  assert.equal(code, 2)
  assert.match(stderr, /OPS_URL has no value/)
})

const GIVEN =
  'APP BY DEPLOY ENVIRONMENT HOME KIND LANG PATH PLAN_HASH PWD PYTHONUNBUFFERED RELEASE RELEASE_BEFORE SEAWORTHY_CHILD'.split(
    ' ',
  )

function variables(project: TestProject, file: string): Record<string, string> {
  const lines = readFileSync(join(project.folder, '.seaworthy', file), 'utf8')
    .trim()
    .split('\n')
  const pairs = lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])
  // What the shell adds of its own.
  return Object.fromEntries(pairs.filter(([name]) => name !== '_' && name !== 'OLDPWD' && name !== 'SHLVL')) as Record<
    string,
    string
  >
}

async function startReceiver() {
  const seen: { path: string; body: unknown; ok: boolean }[] = []
  let failing = false
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk: Buffer) => (text += chunk.toString()))
    request.on('end', () => {
      seen.push({ path: request.url!, body: JSON.parse(text), ok: !failing })
      response.writeHead(failing ? 503 : 200, { connection: 'close' }).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail: (value: boolean) => void (failing = value),
    good: (path: string) => seen.filter((one) => one.ok && one.path === path).map(({ body }) => body),
    refused: () => seen.filter(({ ok }) => !ok).length,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
