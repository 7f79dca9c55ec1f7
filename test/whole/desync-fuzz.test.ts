/**
 * Mutated requests through the real gateway: what the upstream reads is what the codec accepted of the stream, message for message and
 * byte for byte, and nothing else.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rawConnection, startGateway, tableOf, until } from '../../src/gateway/testing.ts'
import { requestOf } from '../seeded/http1/messages.ts'
import { mutated } from '../seeded/http1/mutate.ts'
import { readRequests } from '../seeded/http1/ours.ts'
import type { Read } from '../seeded/http1/reading.ts'
import { randomFrom } from '../seeded/random.ts'
import { startNginxWitness, startNodeWitness } from '../support/desync/witness.ts'
import type { Seen, Witness } from '../support/desync/witness.ts'

const STREAMS = 1_000
const SEED = 90_000_000
const MARKER = 'GET /marker HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'

for (const [name, start] of Object.entries({ Node: startNodeWitness, nginx: startNginxWitness })) {
  void test(`before ${name}, mutated requests reach the upstream as they were read, and no others`, () =>
    compares(start))
}

async function compares(start: () => Promise<Witness>): Promise<void> {
  await using witness = await start()
  await using gateway = await startGateway(tableOf([witness.upstream]))
  let requests = 0
  for (let number = 0; number < STREAMS; number++) {
    const random = randomFrom(SEED + number)
    const text = mutated(random, requestOf) + MARKER
    // An upgrade ends what is read as HTTP here.
    if (/upgrade/i.test(text)) continue
    const bytes = Buffer.from(text, 'latin1')
    const ours = readRequests(bytes, random)
    if (witness.name === 'nginx' && (/TRACE|OPTIONS|%00/.test(text) || ours.messages.some(repeatsFields))) continue
    const expected = ours.messages.filter((one) => one.complete).map((one) => [...asPassedOn(one.first), one.body])
    const before = witness.seen().filter((one) => one.whole).length
    const whole = (): readonly Seen[] =>
      witness
        .seen()
        .filter((one) => one.whole)
        .slice(before)
    using client = rawConnection(gateway.port, bytes)
    // Who waits for more is left when it has had its time: one round trip behind the last request.
    if (ours.end === 'open')
      await until(() => whole().length >= expected.length && client.text.split('HTTP/1.1 200').length > expected.length)
    else await until(() => client.ended, 10_000)
    const seen = whole()
    assert.deepEqual(
      seen.map(({ method, target, body }) => [method, target, body]),
      expected,
      `seed ${SEED + number} (${ours.end}): ${JSON.stringify(text)}\n${client.text}`,
    )
    requests += seen.length
  }
  assert.ok(requests > STREAMS / 10, `${requests} requests`)
}

/** nginx refuses such a request by itself, like those methods and that target. */
function repeatsFields({ fields }: Read): boolean {
  const names = fields.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
  return new Set(names).size !== names.length
}

/** Method and target as they go on: the absolute form without its place. */
function asPassedOn(first: string): [string, string] {
  const [method, target] = first.split(' ') as [string, string]
  const rest = /^https?:\/\/[^/?]*(.*)$/i.exec(target)?.[1]
  if (rest === undefined) return [method, target]
  if (rest === '') return [method, method === 'OPTIONS' ? '*' : '/']
  return [method, rest.startsWith('/') ? rest : '/' + rest]
}
