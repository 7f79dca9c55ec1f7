import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { ResolvedTls } from '../../config/resolved.ts'
import type { Release } from '../../deploy/release.ts'
import type { RoutingTable } from '../../gateway/table.ts'
import { Certificates, isDue } from './certificates.ts'
import { readPair } from './pair.ts'
import { makeSelfSigned, selfSignedNames } from './self-signed.ts'
import { TICKET_KEY_MS } from './shelf.ts'

const DAY_MS = 86_400_000
const folders: string[] = []
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'seaworthy-certificates-'))
  folders.push(made)
  return made
}

/** Certificates of an environment whose live release has this TLS; `table` is what the workers were told. */
function scene(
  source: ResolvedTls['source'],
  { at = Date.now(), state = folder(), domain = null as string | null, readsFiles = true } = {},
) {
  const release = {
    id: '1-x',
    config: { gateway: { tls: { source, port: 8443, redirect: true } }, domain },
  } as unknown as Release
  const events: string[] = []
  const world = { now: at, table: { release: '1-x' } as RoutingTable, told: 0, port: 8443 as number | null }
  const certificates: Certificates = new Certificates({
    folder: state,
    state: {
      get: ((key: string) => (key === 'live' ? '1-x' : null)) as never,
      release: () => release,
      addEvent: (_at, kind, text) => void events.push(`${kind}: ${text}`),
    },
    clock: { now: () => world.now },
    port: () => world.port,
    readsFiles,
    inForce: () => world.table,
    changed: async () => {
      world.told += 1
      world.table = { ...world.table, ...certificates.tableOf(release) }
    },
  })
  const shownNow = (): string => new X509Certificate(readFileSync(world.table.tls!.file)).fingerprint256
  return { certificates, release, events, world, state, shownNow }
}

async function writeFiles(at: string, names = ['site.test'], now = Date.now()): Promise<string> {
  const { key, chain } = await makeSelfSigned(names, now)
  writeFileSync(join(at, 'key.pem'), key)
  writeFileSync(join(at, 'cert.pem'), chain)
  return new X509Certificate(chain).fingerprint256
}

const filesIn = (at: string): ResolvedTls['source'] => ({
  kind: 'files',
  cert: join(at, 'cert.pem'),
  key: join(at, 'key.pem'),
})

test('a pair is copied, told to the workers once, and shown with its facts', async () => {
  const at = folder()
  const fingerprint = await writeFiles(at, ['a.test', '*.b.test'])
  const { certificates, world, shownNow, events } = scene(filesIn(at), { domain: 'c.b.test' })
  assert.equal(certificates.servedOn(), null)
  await certificates.look()
  await certificates.look()
  assert.equal(world.told, 1)
  assert.equal(shownNow(), fingerprint)
  assert.equal(certificates.servedOn(), 8443)
  assert.equal(statSync(world.table.tls!.file).mode & 0o777, 0o600)
  const { certificate, problem, source } = certificates.status()!
  assert.deepEqual([certificate!.names, certificate!.daysLeft, certificate!.covers], [['a.test', '*.b.test'], 89, true])
  assert.deepEqual([problem, source, events.length], [null, 'files', 1])
})

test('a broken pair is told once and never replaces the one before, over a restart too', async () => {
  const at = folder()
  const fingerprint = await writeFiles(at)
  const first = scene(filesIn(at))
  await first.certificates.look()
  writeFileSync(join(at, 'key.pem'), (await makeSelfSigned(['x.test'], Date.now())).key)
  await first.certificates.look()
  await first.certificates.look()
  assert.equal(first.events.filter((text) => text.startsWith('certificate-refused')).length, 1)
  assert.match(first.certificates.status()!.problem!, /the key is not the one of site\.test/)
  assert.equal(first.shownNow(), fingerprint)

  const second = scene(filesIn(at), { state: first.state })
  await second.certificates.look()
  assert.equal(second.shownNow(), fingerprint)
  // A rollback to it is not refused for what lies there now.
  await second.certificates.prepare(second.release)
  const mended = await writeFiles(at)
  await second.certificates.look()
  assert.equal(second.shownNow(), mended)
  assert.equal(second.certificates.status()!.problem, null)
})

test('with nothing else to show a deploy is refused', async () => {
  const at = folder()
  const { certificates, release } = scene(filesIn(at))
  await assert.rejects(certificates.prepare(release), { code: 'tls.certificate-unreadable' })
  await writeFiles(at, ['old.test'], Date.now() - 100 * DAY_MS)
  await assert.rejects(certificates.prepare(release), { code: 'tls.certificate-refused', message: /has expired/ })
  await writeFiles(at, ['new.test'], Date.now() + 2 * DAY_MS)
  await assert.rejects(certificates.prepare(release), { code: 'tls.certificate-refused', message: /is valid from/ })
  await writeFiles(at)
  await certificates.prepare(release)
})

test('a pair that is brought is shown, and followed by the next; files of another machine are never read', async () => {
  const at = folder()
  const source = filesIn(at)
  assert.ok(source.kind === 'files')
  const { certificates, release, shownNow, state } = scene(source, { readsFiles: false, domain: 'site.test' })
  await writeFiles(at)
  await assert.rejects(certificates.prepare(release), {
    code: 'tls.certificate-unreadable',
    message: /nobody has brought/,
  })
  const bring = async (name: string): Promise<string> => {
    const pair = await makeSelfSigned([name], Date.now())
    return certificates.receive({ source, domain: 'site.test' }, pair).fingerprint
  }
  const first = await bring('site.test')
  await certificates.prepare(release)
  await certificates.look()
  assert.equal(shownNow(), first)
  const next = await bring('site.test')
  await certificates.look()
  assert.deepEqual([shownNow(), next !== first], [next, true])
  assert.throws(() => certificates.receive({ source, domain: 'site.test' }, { key: 'x', chain: 'y' }), {
    code: 'tls.certificate-refused',
  })
  const later = scene(source, { readsFiles: false, domain: 'site.test', state })
  await later.certificates.look()
  assert.equal(later.shownNow(), next, 'kept over a restart of control')
})

test('a self-signed certificate is renewed when a third of its life is left, and not before', async () => {
  const { certificates, world, shownNow } = scene({ kind: 'self-signed' })
  await certificates.look()
  const first = shownNow()
  world.now += 55 * DAY_MS
  await certificates.look()
  assert.equal(shownNow(), first)
  world.now += 6 * DAY_MS
  await certificates.look()
  assert.notEqual(shownNow(), first)
  assert.deepEqual(certificates.status()!.certificate!.names, ['localhost', '127.0.0.1', '::1'])
})

test('nothing is told to workers that have no socket for it, and all is once they have', async () => {
  const { certificates, world, release } = scene({ kind: 'self-signed' })
  world.port = null
  await certificates.look()
  assert.deepEqual(certificates.tableOf(release), { tls: null, acme: [] })
  world.port = 9443
  await certificates.look()
  assert.equal(world.table.tls!.port, 9443)
  // During a switch the table is about another release, and is left alone.
  world.table = { release: '2-y' } as RoutingTable
  const { told } = world
  await certificates.look()
  assert.equal(world.told, told)
})

test('the key of tickets is another one after half a day, and what nobody uses any more goes', async () => {
  const { certificates, world } = scene({ kind: 'self-signed' })
  await certificates.look()
  const before = world.table.tls!
  assert.equal(readFileSync(before.ticketFile).length, 48)
  world.now += TICKET_KEY_MS
  await certificates.look()
  assert.notEqual(world.table.tls!.ticketFile, before.ticketFile)
  assert.equal(world.table.tls!.file, before.file)
  assert.equal(statSync(before.ticketFile, { throwIfNoEntry: false }), undefined)
  assert.ok(statSync(before.file).isFile())
})

test('a pair that is none is refused with what is wrong', async () => {
  const now = Date.now()
  const { key, chain } = await makeSelfSigned(selfSignedNames('a.test'), now)
  const other = await makeSelfSigned(['b.test'], now)
  const wrong: [string, string, RegExp][] = [
    ['', chain, /the key cannot be read/],
    [key, '', /no certificate in it/],
    [key, other.chain + chain, /the key is not the one of b\.test/],
    [key, chain.replace(/\n.{20}/, '\nAAAAAAAAAAAAAAAAAAAA'), /cannot be read|not the one/],
  ]
  for (const [its, cert, message] of wrong) {
    assert.throws(() => readPair({ key: its, chain: cert }, now), { code: 'tls.certificate-refused', message })
  }
  const { pair, facts } = readPair({ key, chain: chain + other.chain }, now)
  assert.equal(pair.chain.match(/BEGIN CERTIFICATE/g)!.length, 2)
  assert.deepEqual(facts.names, ['a.test', 'localhost', '127.0.0.1', '::1'])
})

test('files that may not be read are refused by their names', async () => {
  const at = folder()
  await writeFiles(at)
  rmSync(join(at, 'cert.pem'))
  const { certificates, release } = scene(filesIn(at))
  await assert.rejects(certificates.prepare(release), { code: 'tls.certificate-unreadable', message: /cert\.pem/ })
})

test('renewal comes a third before the end, and up to a thirtieth earlier', () => {
  const facts = { subject: '', issuer: '', names: [], notBefore: 0, notAfter: 90 * DAY_MS }
  const early = { ...facts, fingerprint: 'FF:00' }
  const late = { ...facts, fingerprint: '00:00' }
  assert.equal(isDue(late, 60 * DAY_MS - 1), false)
  assert.equal(isDue(late, 60 * DAY_MS), true)
  assert.equal(isDue(early, 57 * DAY_MS + DAY_MS / 50), true)
  assert.equal(isDue(early, 56.9 * DAY_MS), false)
})
