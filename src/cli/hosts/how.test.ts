import assert from 'node:assert/strict'
import { test } from 'node:test'
import { howFor } from './how.ts'
import { chosenHosts, nameOfHost, SeveralHosts } from './several-hosts.ts'

const hosts = ['ssh://deploy@a.example', 'ssh://deploy:geheim@b.example:2222']
const several = new SeveralHosts('production', hosts)

test('what changes what is live is held together, all else is run in turn or side by side', () => {
  assert.equal(howFor('deploy', {}, several), 'together')
  assert.equal(howFor('deploy', { json: true }, several), 'together')
  assert.equal(howFor('rollback', {}, several), 'together')
  assert.equal(howFor('deploy', { dryRun: true }, several), 'in-turn')
  assert.equal(howFor('guard block', {}, several), 'in-turn')
  assert.equal(howFor('audit-trail', { verify: true }, several), 'in-turn')
  assert.equal(howFor('guard events', {}, several), 'in-turn')
  assert.equal(howFor('guard events', { follow: true }, several), 'at-once')
  assert.equal(howFor('logs', { service: 'api' }, several), 'at-once')
})

test('what is about one host wants its name, and never shows a password', () => {
  for (const [name, options, said] of [
    ['exec', {}, 'exec'],
    ['status', { json: true }, 'status --json'],
    ['deploy', { plan: 'p.json' }, 'deploy --plan'],
    ['status', { watch: true }, 'status --watch'],
  ] as const)
    assert.throws(
      () => howFor(name, options, several),
      (problem: { code: string; message: string; details: readonly string[] }) => {
        assert.equal(problem.code, 'host.which')
        assert.equal(problem.message, `environment production runs on 2 hosts, and \`${said}\` is about one`)
        assert.deepEqual(problem.details, ['deploy@a.example', 'deploy@b.example:2222'])
        return true
      },
    )
})

test('a host is named as the config has it, or as it is shown', () => {
  assert.deepEqual(chosenHosts(hosts, undefined), hosts)
  assert.deepEqual(chosenHosts(hosts, hosts[0]), [hosts[0]])
  assert.deepEqual(chosenHosts(hosts, 'deploy@b.example:2222'), [hosts[1]])
  assert.equal(nameOfHost('unix:///run/docker.sock'), '/run/docker.sock')
  assert.throws(() => chosenHosts(hosts, 'c.example'), { code: 'host.unknown', message: /deploy@a\.example/ })
  assert.throws(() => chosenHosts([], 'a'), { code: 'host.unknown' })
})
