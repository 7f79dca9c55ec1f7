/**
 * Never two readings of one stream: known shapes of request smuggling, each followed by a marker on the same connection, through the
 * real gateway to Node's server and to nginx. What the client was told, what the upstream read and what the gateway logged must all be
 * the one right reading.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startGateway, tableOf, until } from '../../src/gateway/testing.ts'
import { randomFrom } from '../seeded/random.ts'
import type { Random } from '../seeded/random.ts'
import { FRAMING_SHAPES } from '../support/desync/framing-shapes.ts'
import { play, verdict } from '../support/desync/play.ts'
import type { Play } from '../support/desync/play.ts'
import { placeOf } from '../support/desync/shape.ts'
import { SYNTAX_SHAPES } from '../support/desync/syntax-shapes.ts'
import { startNginxWitness, startNodeWitness } from '../support/desync/witness.ts'
import type { Witness } from '../support/desync/witness.ts'

const SHAPES = [...FRAMING_SHAPES, ...SYNTAX_SHAPES]
const AT_ONCE = 16

void test('there are at least 200 shapes, and no two have one name', () => {
  assert.ok(SHAPES.length >= 200, `${SHAPES.length} shapes`)
  assert.equal(new Set(SHAPES.map(({ name }) => name)).size, SHAPES.length)
})

const WITNESSES = { Node: startNodeWitness, nginx: startNginxWitness }
/** The same pieces in every run. */
const SEED = 7

for (const [name, start] of Object.entries(WITNESSES)) {
  void test(`before ${name}, every shape is read in one way`, () => isReadInOneWay(start, (text) => [text]))
  const random = randomFrom(SEED)
  void test(`before ${name}, every shape in pieces is read in one way`, () =>
    isReadInOneWay(start, (text) => piecesOf(text, random)))
}

async function isReadInOneWay(
  start: () => Promise<Witness>,
  pieces: (text: string) => readonly string[],
): Promise<void> {
  await using witness = await start()
  await using gateway = await startGateway(tableOf([witness.upstream], { accessLog: true }))
  const plays: Play[] = []
  for (let first = 0; first < SHAPES.length; first += AT_ONCE) {
    const some = SHAPES.slice(first, first + AT_ONCE)
    plays.push(
      ...(await Promise.all(some.map((shape, index) => play(shape, placeOf(first + index), { gateway, pieces })))),
    )
  }
  await logged(gateway, witness)
  const seen = witness.seen()
  const lines = gateway.lines()
  const wrong = plays.flatMap((one) => verdict(one, seen, lines).map((what) => `${one.shape.name}: ${what}`))
  const strange = seen.filter(({ target }) => !/^\/(d\d{4}\/|barrier$|end$)/.test(target))
  assert.deepEqual([...wrong, ...strange.map((one) => `from nowhere: ${JSON.stringify(one)}`)], [])
}

function piecesOf(text: string, random: Random): string[] {
  const pieces: string[] = []
  for (let from = 0; from < text.length;) {
    const to = from + 1 + random.below(random.pick([3, 30, 300]))
    pieces.push(text.slice(from, to))
    from = to
  }
  return pieces
}

/** Lines are written in the order of the requests, so when the last one is there, all are. */
async function logged(gateway: { url: string; lines(): Record<string, unknown>[] }, witness: Witness): Promise<void> {
  await (await fetch(`${gateway.url}/end`)).text()
  await until(
    () => gateway.lines().some(({ path }) => path === '/end') && witness.seen().some(({ target }) => target === '/end'),
  )
}
