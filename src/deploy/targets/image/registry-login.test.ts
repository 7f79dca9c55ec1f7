import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Problem } from '../../../core/problem.ts'
import { askHelper, loginOf, type Login } from './registry-login.ts'

const SERVER = 'registry.example.com:5000'
const auth = (text: string): string => Buffer.from(text).toString('base64')

/** @param helper what `docker-credential-vault` answers, a text as it is; none: it exits with 1 */
function login(
  t: TestContext,
  config: object,
  { helper, server = SERVER }: { helper?: object | string; server?: string } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-login-'))
  t.after(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config))
  const script = `#!${process.execPath}
const asked = require('node:fs').readFileSync(0, 'utf8')
const answer = ${JSON.stringify(helper ?? null)}
if (typeof answer === 'string') {
  console.log(answer)
  process.exit()
}
if (process.argv[2] !== 'get' || answer === null || answer.ServerURL !== asked) {
  console.log('credentials not found in native keychain')
  process.exit(1)
}
console.log(JSON.stringify(answer))
`
  writeFileSync(join(folder, 'docker-credential-vault'), script, { mode: 0o755 })
  return loginOf(server, { env: { DOCKER_CONFIG: folder, PATH: `${folder}:${dirname(process.execPath)}` } })
}

const DEPLOYER: Login = { server: SERVER, user: 'deployer', password: 'a:b' }

test("a login is in docker's file, under the registry's name or its URL", async (t) => {
  assert.deepEqual(await login(t, { auths: { [SERVER]: { auth: auth('deployer:a:b') } } }), DEPLOYER)
  assert.deepEqual(await login(t, { auths: { [`https://${SERVER}/v1/`]: { auth: auth('deployer:a:b') } } }), DEPLOYER)
  const hub = 'https://index.docker.io/v1/'
  for (const server of ['docker.io', 'index.docker.io'])
    assert.deepEqual(await login(t, { auths: { [hub]: { auth: auth('me:pw') } } }, { server }), {
      server: hub,
      user: 'me',
      password: 'pw',
    })
})

test('of two logins for a registry the one under its name is taken, as docker does, wherever it stands', async (t) => {
  const [old, now] = [{ auth: auth('former:x') }, { auth: auth('deployer:a:b') }]
  assert.deepEqual(await login(t, { auths: { [`https://${SERVER}/v1/`]: old, [SERVER]: now } }), DEPLOYER)
})

test('a helper is asked by its protocol, one for this registry before one for all', async (t) => {
  const helper = { ServerURL: SERVER, Username: 'deployer', Secret: 'a:b' }
  assert.deepEqual(askHelper('vault', SERVER).argv, ['docker-credential-vault', 'get'])
  assert.deepEqual(await login(t, { credsStore: 'vault' }, { helper }), DEPLOYER)
  assert.deepEqual(await login(t, { credsStore: 'none', credHelpers: { [SERVER]: 'vault' } }, { helper }), DEPLOYER)
  await assert.rejects(login(t, { credsStore: 'none' }), { code: 'target.tool-missing' })
})

test('a helper that answers something else is named, and nothing of what it says is shown', async (t) => {
  for (const helper of ['geheim', '"geheim"', 'null', '{"Username":"deployer"}']) {
    const asked = login(t, { credsStore: 'vault' }, { helper })
    await assert.rejects(asked, ({ code, message, cause }: Problem) => {
      assert.deepEqual([code, cause], ['target.tool-failed', undefined])
      assert.match(message, /^docker-credential-vault answered /)
      assert.doesNotMatch(message, /geheim|deployer/)
      return true
    })
  }
})

test('where docker has nothing that a cluster could use there is no login', async (t) => {
  assert.equal(await login(t, {}), null)
  assert.equal(await login(t, { credsStore: 'vault' }), null)
  assert.equal(await login(t, { auths: { 'registry.example.com': { auth: auth('a:b') } } }), null)
  assert.equal(await login(t, { auths: { [SERVER]: {} } }), null)
  const helper = { ServerURL: SERVER, Username: '<token>', Secret: 't' }
  assert.equal(await login(t, { credsStore: 'vault' }, { helper }), null)
  assert.equal(await login(t, { auths: { [SERVER]: { auth: auth('00:'), identitytoken: 't' } } }), null)
})
