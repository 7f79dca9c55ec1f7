import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { startAuthority } from '../../../test/support/acme-authority.ts'
import { until } from '../../gateway/testing.ts'
import { Acme, AGAIN_MS } from './acme.ts'

const folder = mkdtempSync(join(tmpdir(), 'seaworthy-acme-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('failures are waited after, longer each time, by a process that begins anew as well; the other challenge is tried', async () => {
  // Nothing answers where the authority looks.
  await using authority = await startAuthority({ where: () => ({ httpPort: 1, httpsPort: 1 }) })
  let now = 1_000_000
  const told: string[] = []
  const make = (): Acme =>
    new Acme({
      folder,
      clock: { now: () => now },
      spread: async () => {},
      onFailed: (problem) => void told.push(problem),
      random: () => 0.5,
    })
  const wanted = { email: 'ops@example.test', directory: authority.directory, domain: 'a.example.test' }
  const attempt = async (acme: Acme, count: number): Promise<void> => {
    acme.begin(wanted, () => assert.fail('there is no pair'))
    await until(() => told.length === count, 20_000)
  }
  const first = make()
  await attempt(first, 1)
  assert.equal(first.tried(wanted).nextAt, now + AGAIN_MS.first * 1.125)
  assert.deepEqual(first.challenges, [])

  const second = make()
  const calls = authority.calls.length
  second.begin(wanted, () => assert.fail('too early'))
  now = second.tried(wanted).nextAt - 1
  second.begin(wanted, () => assert.fail('too early'))
  // An order would have come in between these.
  const questions = 20
  for (let at = 0; at < questions; at += 1) await (await fetch(authority.directory)).arrayBuffer()
  assert.equal(authority.calls.length, calls + questions)
  now += 1
  await attempt(second, 2)
  assert.equal(second.tried(wanted).nextAt, now + AGAIN_MS.first * 2 * 1.125)
  assert.equal(second.tried(wanted).failures, 2)
  assert.match(second.tried(wanted).problem!, /ECONNREFUSED/)
  const kinds = authority.calls.filter((path) => path.startsWith('/challenge/')).map((path) => path.split('/').at(-1))
  assert.deepEqual([...new Set(kinds)], ['http-01', 'tls-alpn-01'])
  assert.equal(authority.accounts.length, 1)
})
