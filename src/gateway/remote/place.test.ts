import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { feedFileOf } from '../../guard/reputation/feed-file.ts'
import type { RoutingTable } from '../table.ts'
import { readSavedTable } from '../table-store.ts'
import { policyOf } from '../testing-guard.ts'
import { tableOf, throwawayFolder } from '../testing.ts'
import { createLuggage } from './luggage.ts'
import { createPlace } from './place.ts'

const FEED = 'https://feeds.example/drop.txt'

/** A state folder of control's with everything that a table can name, and an empty one of a gateway's. */
function folders() {
  const [control, gateway] = [throwawayFolder(), throwawayFolder()]
  const write = (name: string, text: string): string => {
    const path = join(control, name)
    writeFileSync(path, text)
    return path
  }
  mkdirSync(join(control, 'guard/feeds'), { recursive: true })
  writeFileSync(feedFileOf(control, FEED), 'networks')
  const jwt = { issuer: 'i', audience: 'a', jwks: null, shared: true }
  const tableWith = (secrets: string): RoutingTable =>
    tableOf([], {
      tls: { file: write('tls.pem', 'pem'), ticketFile: write('tickets', 'random'), port: 443, redirect: true },
      guard: policyOf({
        feeds: [{ url: FEED, everyMs: 1_000 }],
        identity: {
          secretsFile: write('guard.json', secrets),
          keys: false,
          jwt,
          protect: [],
          admin: { routes: [], from: null, role: null },
        },
      }),
    })
  const close = (): void => [control, gateway].forEach((folder) => rmSync(folder, { recursive: true }))
  return { control, gateway, tableWith, [Symbol.dispose]: close }
}

void test('a table arrives with its files, owned by nobody else, and is saved as it is there', async () => {
  using all = folders()
  const luggage = createLuggage(all.control)
  const asked: string[] = []
  const place = createPlace(all.gateway, async (digest) => {
    asked.push(digest)
    return luggage.content(digest)!
  })
  const receive = async (table: RoutingTable): Promise<RoutingTable> => {
    const packed = luggage.pack({ type: 'table', table })
    assert.ok(packed.type === 'table' && 'files' in packed)
    // Two workers at once.
    const [here] = await Promise.all([1, 2].map(() => place.unpack(table, packed.files, packed.feeds)))
    place.keep(here!)
    return here!
  }
  const first = await receive(all.tableWith('one'))
  const file = first.guard!.identity!.secretsFile!
  assert.ok(file.startsWith(all.gateway))
  assert.deepEqual([readFileSync(file, 'utf8'), statSync(file).mode & 0o777], ['one', 0o600])
  assert.deepEqual(
    [first.tls!.file, first.tls!.ticketFile].map((path) => readFileSync(path, 'utf8')),
    ['pem', 'random'],
  )
  assert.equal(readFileSync(feedFileOf(all.gateway, FEED), 'utf8'), 'networks')
  assert.deepEqual(readSavedTable(all.gateway), first)
  assert.equal(asked.length, new Set(asked).size, 'nothing is asked for twice')

  // Under another name when it is another, so that workers see that it is; what the table before needs stays for one table.
  const before = asked.length
  const second = await receive(all.tableWith('two'))
  assert.equal(asked.length, before + 1)
  assert.equal(readFileSync(second.guard!.identity!.secretsFile!, 'utf8'), 'two')
  assert.ok(existsSync(file))
  await receive(all.tableWith('two'))
  assert.deepEqual([existsSync(file), readdirSync(join(all.gateway, 'carried')).length], [false, 3])
})

void test('nothing that was not offered is brought, and nothing that came as something else is kept', async () => {
  using all = folders()
  const luggage = createLuggage(all.control)
  const table = all.tableWith('one')
  const packed = luggage.pack({ type: 'table', table })
  assert.ok(packed.type === 'table' && 'files' in packed)
  assert.equal(luggage.content('0'.repeat(64)), null)
  const { digest } = packed.files[0]!
  writeFileSync(join(all.control, 'guard.json'), 'changed meanwhile')
  assert.equal(luggage.content(digest), null)
  const place = createPlace(all.gateway, async () => Buffer.from('another').toString('base64'))
  await assert.rejects(place.unpack(table, packed.files, packed.feeds), /came as something else/)
  assert.deepEqual(readdirSync(join(all.gateway, 'carried')), [])
})

void test('an older table is not saved over a newer one', () => {
  using all = folders()
  const place = createPlace(all.gateway, () => Promise.reject(new Error('not asked')))
  const [older, newer] = [tableOf([]), tableOf([])]
  place.keep(newer)
  place.keep(older)
  assert.equal(readSavedTable(all.gateway)!.version, newer.version)
  assert.equal(place.saved()!.version, newer.version)
})
