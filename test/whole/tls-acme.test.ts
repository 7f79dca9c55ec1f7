/** Certificates from an authority: got, shown, renewed, and kept when the authority refuses. */
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { test } from 'node:test'
import { startAuthority, type Authority } from '../support/acme-authority.ts'
import { plainConfig, TestProject, until } from '../support/project.ts'
import { shakeHands, shown } from '../support/tls-files.ts'

const DOMAIN = 'shop.example.test'

function acmeConfig(directory: string): object {
  return {
    ...plainConfig({ environment: { domain: DOMAIN } }),
    gateway: {
      listen: { http: 0, https: 0 },
      tls: { acme: { email: 'ops@example.test', directory } },
      workers: 2,
      accessLog: false,
    },
  }
}

async function place(project: TestProject): Promise<{ httpPort: number; httpsPort: number }> {
  const status = await project.status()
  return { httpPort: Number(new URL(status.url).port), httpsPort: status.tls?.port ?? 0 }
}

/** What is shown to somebody who believes this authority alone. */
async function shownTo(authority: Authority, project: TestProject): Promise<string | null> {
  try {
    const { httpsPort } = await place(project)
    const options = { servername: DOMAIN, rejectUnauthorized: true, ca: authority.root }
    const socket = await shakeHands(httpsPort, options)
    const fingerprint = shown(socket)
    socket.destroy()
    return fingerprint
  } catch {
    return null
  }
}

const fingerprintOf = (pem: string): string => new X509Certificate(pem).fingerprint256

for (const kind of ['http-01', 'tls-alpn-01'] as const) {
  test(`a certificate is got by ${kind}, shown by every worker, and renewed in time`, async () => {
    let project: TestProject | null = null
    await using authority = await startAuthority({ offers: [kind], lifeMs: 15_000, where: () => place(project!) })
    await using running = new TestProject(acmeConfig(authority.directory))
    project = running
    await running.must(['up', '--detach'])
    await until(async () => (await running.status()).tls?.certificate !== null, 'a certificate')
    await until(async () => (await shownTo(authority, running)) === fingerprintOf(authority.issued[0]!), 'it is shown')
    assert.deepEqual(authority.proofs, [kind])
    const plain = await fetch(`http://127.0.0.1:${(await place(running)).httpPort}/a`, { redirect: 'manual' })
    assert.equal(plain.status, 308)

    await until(() => authority.issued.length >= 2, 'a second certificate')
    await until(
      async () => (await shownTo(authority, running)) === fingerprintOf(authority.issued.at(-1)!),
      'it is shown',
    )
    assert.equal(authority.accounts.length, 1, 'the account is kept')
    // A third of 15 s is left when it is renewed, and a twelfth is waited at least: who comes more often hammers.
    const orders = authority.calls.filter((path) => path === '/order').length
    assert.ok(orders <= authority.issued.length + 1, authority.calls.join(' '))
    await until(async () => (await challengesOf(running)) === 0, 'no challenge is answered any more')
  })
}

test('a refusal is told, waited after, and survives a restart together with the certificate there is', async () => {
  let project: TestProject | null = null
  await using authority = await startAuthority({ where: () => place(project!) })
  await using running = new TestProject(acmeConfig(authority.directory))
  project = running
  authority.refuse('not today')
  await running.must(['up', '--detach'])
  await until(async () => typeof (await running.status()).tls?.problem === 'string', 'the refusal')
  const before = (await running.status()).tls!
  assert.match(before.problem!, /not today/)
  assert.equal(before.certificate, null)
  // Five minutes, and up to a quarter more.
  const waits = before.nextAttemptAt! - Date.now()
  assert.ok(waits > 4 * 60_000 && waits <= 375_000, String(waits))
  const orders = authority.calls.filter((path) => path === '/order').length
  assert.equal(orders, 1)
  // HTTP is served meanwhile, and sent nowhere.
  const answer = await fetch(`http://127.0.0.1:${(await place(running)).httpPort}/`, { redirect: 'manual' })
  assert.equal(answer.status, 200)
  await running.must(['stop'])
  await running.must(['up', '--detach'])
  await until(async () => (await running.status()).tls !== null, 'control')
  assert.equal((await running.status()).tls!.nextAttemptAt, before.nextAttemptAt)
  assert.equal(authority.calls.filter((path) => path === '/order').length, 1)
})

test('a certificate is kept over a restart: nobody is asked for another', async () => {
  let project: TestProject | null = null
  await using authority = await startAuthority({ where: () => place(project!) })
  await using running = new TestProject(acmeConfig(authority.directory))
  project = running
  await running.must(['up', '--detach'])
  await until(async () => (await shownTo(authority, running)) !== null, 'a certificate')
  const before = await shownTo(authority, running)
  const calls = authority.calls.length
  const { tls } = await running.status()
  assert.equal(tls!.certificate!.daysLeft, 89)
  assert.equal(tls!.certificate!.covers, true)
  assert.match(
    (await running.must(['status'])).stdout,
    /https +port \d+, acme certificate for shop\.example\.test .*89 days left/,
  )
  await running.must(['stop'])
  await running.must(['up', '--detach'])
  await until(async () => (await shownTo(authority, running)) !== null, 'it is shown again')
  assert.equal(await shownTo(authority, running), before)
  assert.equal(authority.calls.length, calls)
})

async function challengesOf(project: TestProject): Promise<number> {
  const { readSavedTable } = await import('../../src/gateway/table-store.ts')
  return readSavedTable(project.stateFolder)?.acme?.length ?? 0
}
