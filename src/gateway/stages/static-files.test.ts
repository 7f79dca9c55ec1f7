import assert from 'node:assert/strict'
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { cacheControlOf, hasContentHash } from '../files/naming.ts'
import { rawConnection, startGateway, tableOf, throwawayFolder, until } from '../testing.ts'
import type { TestGateway } from '../testing.ts'

const PAGE = '<h1>start</h1>'
const SCRIPT = '0123456789'
let folder: string
let gateway: TestGateway

before(async () => {
  folder = throwawayFolder()
  const root = join(folder, 'root')
  for (const name of ['docs', '.git', '.well-known', 'empty']) mkdirSync(join(root, name), { recursive: true })
  const files: Record<string, string> = {
    'index.html': PAGE,
    'app.3fa9c1d2.js': SCRIPT,
    'plain.js': SCRIPT,
    'nothing.txt': '',
    'a b+ü.txt': 'spaces',
    'docs/index.html': 'docs',
    '.env': 'SECRET',
    '.git/config': 'SECRET',
    '.well-known/security.txt': 'contact',
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text)
  writeFileSync(join(folder, 'outside.txt'), 'SECRET')
  symlinkSync('../outside.txt', join(root, 'out.txt'))
  symlinkSync('..', join(root, 'up'))
  symlinkSync('.env', join(root, 'dotted.txt'))
  symlinkSync('plain.js', join(root, 'inside.js'))
  gateway = await startGateway(
    tableOf([], {
      release: '3',
      services: { web: { kind: 'files', root, release: '3' } },
      routes: [
        { host: null, path: '/', service: 'web' },
        { host: null, path: '/mounted', service: 'web' },
      ],
    }),
  )
})

after(async () => {
  await gateway[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

/** Sends the path as it is: fetch would tidy it up first. */
async function get(path: string, headers = '', method = 'GET'): Promise<string> {
  using client = rawConnection(
    gateway.port,
    `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n`,
  )
  await until(() => client.ended)
  return client.text
}

for (const path of [
  '/../outside.txt',
  '/%2e%2e/outside.txt',
  '/..%2foutside.txt',
  '/%2e%2e%2foutside.txt',
  '/docs/..%5c..%5coutside.txt',
  '/docs/../../outside.txt',
  '/%252e%252e/outside.txt',
  '/plain.js%00.html',
  '/%c0%ae%c0%ae/outside.txt',
  '/.env',
  '/%2eenv',
  '/.git/config',
  '/docs/.well-known/security.txt',
  '/dotted.txt',
  '/out.txt',
  '/up/outside.txt',
  '/plain.js/',
  '/plain.js/more.js',
  '/missing.js',
  '/empty/',
  '/%',
]) {
  void test(`static files: ${path} is 404 and tells nothing`, async () => {
    const answer = await get(path)
    assert.match(answer, /^HTTP\/1.1 404 /)
    assert.doesNotMatch(answer, /SECRET/)
  })
}

void test('static files: type, release, safety headers and caching', async () => {
  const script = await get('/app.3fa9c1d2.js')
  assert.match(script, /^HTTP\/1.1 200 [^]*0123456789$/)
  assert.match(script, /Content-Type: text\/javascript; charset=utf-8/)
  assert.match(script, /Cache-Control: public, max-age=31536000, immutable/)
  assert.match(script, /X-Content-Type-Options: nosniff/)
  assert.match(script, /Seaworthy-Release: 3/)
  assert.match(await get('/plain.js'), /Cache-Control: no-cache/)
  assert.match(await get('/inside.js'), /0123456789$/)
  assert.match(await get('/a%20b+%C3%BC.txt'), /spaces$/)
  assert.match(await get('/nothing.txt'), /^HTTP\/1.1 200 [^]*Content-Length: 0/)
  assert.match(await get('/.well-known/security.txt'), /contact$/)
  assert.match(await get('/mounted/docs/'), /docs$/)
})

void test('static files: only GET and HEAD', async () => {
  assert.match(await get('/plain.js', '', 'DELETE'), /^HTTP\/1.1 405 [^]*Allow: GET, HEAD/)
  const head = await get('/plain.js', '', 'HEAD')
  assert.match(head, /Content-Length: 10/)
  assert.match(head, /\r\n\r\n$/)
})

void test('static files: a folder has its index, and gets its slash without becoming another host', async () => {
  assert.match(await get('/docs/'), /docs$/)
  assert.match(await get('/docs?x=1'), /^HTTP\/1.1 308 [^]*Location: \/docs\/\r\n/)
  assert.match(await get('//docs'), /^HTTP\/1.1 308 [^]*Location: \/docs\/\r\n/)
  assert.match(await get('/mounted/docs'), /Location: \/mounted\/docs\/\r\n/)
})

void test('static files: a navigation to a page of the browser application gets the start page, a missing file does not', async () => {
  const navigation = 'Accept: text/html,*/*\r\n'
  assert.match(await get('/orders/7', navigation), /^HTTP\/1.1 200 [^]*<h1>start<\/h1>$/)
  assert.match(await get('/orders/7', 'Accept: application/json\r\n'), /^HTTP\/1.1 404 /)
  assert.match(await get('/missing.png', navigation), /^HTTP\/1.1 404 /)
})

void test('static files: conditions', async () => {
  const first = await get('/plain.js')
  const etag = /ETag: (.*)\r/.exec(first)![1]!
  const modified = /Last-Modified: (.*)\r/.exec(first)![1]!
  assert.match(await get('/plain.js', `If-None-Match: "other", W/${etag}\r\n`), /^HTTP\/1.1 304 [^]*\r\n\r\n$/)
  assert.match(
    await get('/plain.js', `If-None-Match: "other"\r\nIf-Modified-Since: ${modified}\r\n`),
    /^HTTP\/1.1 200 /,
  )
  assert.match(await get('/plain.js', `If-Modified-Since: ${modified}\r\n`), /^HTTP\/1.1 304 /)
  assert.match(await get('/plain.js', `Range: bytes=0-1\r\nIf-Range: ${etag}\r\n`), /^HTTP\/1.1 206 /)
  assert.match(await get('/plain.js', 'Range: bytes=0-1\r\nIf-Range: "other"\r\n'), /^HTTP\/1.1 200 /)
})

for (const [range, status, content, body] of [
  ['bytes=0-3', 206, 'bytes 0-3/10', '0123'],
  ['bytes=4-', 206, 'bytes 4-9/10', '456789'],
  ['bytes=-2', 206, 'bytes 8-9/10', '89'],
  ['bytes=-99', 206, 'bytes 0-9/10', SCRIPT],
  ['bytes=8-99', 206, 'bytes 8-9/10', '89'],
  ['bytes=10-', 416, 'bytes */10', null],
  ['bytes=-0', 416, 'bytes */10', null],
  ['bytes=3-2', 200, null, SCRIPT],
  ['bytes=0-1,3-4', 200, null, SCRIPT],
  ['lines=0-1', 200, null, SCRIPT],
] as const) {
  void test(`static files: Range ${range} is ${status}`, async () => {
    const answer = await get('/plain.js', `Range: ${range}\r\n`)
    assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `))
    assert.equal(/Content-Range: (.*)\r/.exec(answer)?.[1] ?? null, content)
    if (body !== null) assert.ok(answer.endsWith('\r\n\r\n' + body))
  })
}

void test('a content hash in a name is recognised, an ordinary name is not', () => {
  for (const name of [
    'app.3fa9c1d2.js',
    'index-BfX29a_c.css',
    'main-5BVDKZQX.js',
    'logo.0a1b2c3d4e5f.svg',
    'a-D4_x-9bQ.js.map',
  ]) {
    assert.ok(hasContentHash(name), name)
  }
  for (const name of [
    'app.js',
    'my-component.js',
    'user-settings.js',
    'report-20240101.pdf',
    'photo-IMG12345.jpg',
    'jquery-3.6.0.min.js',
  ]) {
    assert.ok(!hasContentHash(name), name)
  }
  assert.equal(cacheControlOf('index.html'), 'no-cache')
})
