import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { pathToFileURL } from 'node:url'
import type { SecurityEvent } from '../../guard/event.ts'
import { FEED_BYTES_MAX } from '../../guard/reputation/feed.ts'
import { parseAddress } from '../../guard/reputation/address.ts'
import { readSavedFeed } from '../../guard/reputation/feed-file.ts'
import { Feeds, RETRY_MS } from './feeds.ts'

const HOUR = 60 * 60_000

async function make(t: TestContext, handler: RequestListener) {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-feeds-'))
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.close()
    server.closeAllConnections()
    rmSync(folder, { recursive: true, force: true })
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/list`
  const clock = { at: 1_000_000, now: () => clock.at, sleep: () => Promise.resolve() }
  const told: SecurityEvent[] = []
  const loaded: string[] = []
  let named = [{ url, everyMs: HOUR }]
  const open = (): Feeds =>
    new Feeds({
      folder,
      clock,
      feeds: () => named,
      onLoaded: (one) => loaded.push(one),
      tell: (event) => told.push(event),
    })
  const has = (address: string, of = url): boolean => readSavedFeed(folder, of)?.has(parseAddress(address)!) ?? false
  const name = (...urls: readonly string[]): void => void (named = urls.map((one) => ({ url: one, everyMs: HOUR })))
  return { folder, url, clock, told, loaded, open, has, name }
}

test('a feed is fetched at its time, its bad lines are told, and a reload replaces all of it', async (t) => {
  let text = '192.0.2.1\nnonsense\n198.51.100.0/24\n'
  let asked = 0
  const { clock, told, loaded, open, has, url } = await make(t, (_, response) => {
    asked += 1
    response.end(text)
  })
  const feeds = open()
  await feeds.tick()
  assert.deepEqual([asked, has('192.0.2.1'), has('198.51.100.7')], [1, true, true])
  const [status] = feeds.list()
  assert.deepEqual([status?.networks, status?.badCount, status?.error], [2, 1, null])
  assert.deepEqual(status?.bad, [{ line: 2, text: 'nonsense', because: 'is neither an address nor a network' }])
  assert.match(told[0]!.reason, /2 networks; 1 bad lines, the first: line 2 \(nonsense\)/)
  text = '203.0.113.5'
  clock.at += HOUR - 1
  await feeds.tick()
  assert.equal(asked, 1)
  clock.at += 1
  await feeds.tick()
  assert.deepEqual([asked, has('192.0.2.1'), has('203.0.113.5')], [2, false, true])
  assert.deepEqual(loaded, [url, url])
})

test('a feed that cannot be had keeps what was read before, is told once, and tried again soon', async (t) => {
  let status = 200
  let asked = 0
  const { clock, told, open, has } = await make(t, (_, response) => {
    asked += 1
    response.writeHead(status)
    response.end(status === 200 ? '192.0.2.1' : '')
  })
  const feeds = open()
  await feeds.tick()
  status = 503
  clock.at += HOUR
  await feeds.tick()
  assert.equal(has('192.0.2.1'), true)
  assert.equal(feeds.list()[0]?.error, 'the server answered 503')
  clock.at += RETRY_MS
  await feeds.tick()
  assert.deepEqual([asked, told.length], [3, 2])
  status = 200
  await feeds.reload(null)
  assert.equal(feeds.list()[0]?.error, null)
})

test('a list that is too large or never ends is not read further, and one that nobody serves says so', async (t) => {
  let sentBytes = 0
  const { open, has, name } = await make(t, (_, response) => {
    const line = Buffer.alloc(1024 * 1024, '192.0.2.1\n')
    const more = (): void => {
      do sentBytes += line.length
      while (!response.destroyed && response.write(line))
    }
    response.on('drain', more)
    more()
  })
  const feeds = open()
  await feeds.tick()
  assert.equal(feeds.list()[0]?.error, `it is larger than ${FEED_BYTES_MAX / 1024 / 1024} MiB`)
  assert.equal(has('192.0.2.1'), false)
  assert.ok(sentBytes < 4 * FEED_BYTES_MAX, `${sentBytes} bytes were sent`)
  name('http://127.0.0.1:1/')
  await feeds.tick()
  assert.match(feeds.list()[0]!.error!, /^fetch failed: /)
})

test('what has not changed is not sent again, and is known over a restart of control', async (t) => {
  const answers: number[] = []
  const { clock, open, has } = await make(t, (request, response) => {
    const status = request.headers['if-none-match'] === '"one"' ? 304 : 200
    answers.push(status)
    response.writeHead(status, { etag: '"one"' })
    response.end(status === 200 ? '192.0.2.1' : undefined)
  })
  await open().tick()
  const next = open()
  await next.tick()
  assert.deepEqual(answers, [200])
  clock.at += HOUR
  await next.tick()
  assert.deepEqual([answers, has('192.0.2.1'), next.list()[0]?.networks], [[200, 304], true, 1])
})

test('a feed may be a file; one that the config names no longer is forgotten', async (t) => {
  const { folder, open, has, name, url } = await make(t, (_, response) => response.end('192.0.2.1'))
  const feeds = open()
  await feeds.tick()
  const file = join(folder, 'list with space.txt')
  writeFileSync(file, '203.0.113.9\n')
  const fileUrl = pathToFileURL(file).href
  name(fileUrl, pathToFileURL(join(folder, 'missing.txt')).href)
  await feeds.tick()
  assert.deepEqual([has('192.0.2.1', url), has('203.0.113.9', fileUrl)], [false, true])
  assert.match(feeds.list()[1]!.error!, /ENOENT/)
  await assert.rejects(feeds.reload(url), { code: 'guard.unknown-feed' })
})
