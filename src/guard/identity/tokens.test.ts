import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { base64url, exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import type { CryptoKey, JWK } from 'jose'
import { ASK_AGAIN_MS, keySetCache, RENEW_MS, STALE_MS } from './key-set.ts'
import { REMEMBERED_MS, tokenVerifier } from './tokens.ts'
import type { TokenVerifier } from './tokens.ts'

const START = 1_800_000_000_000
const SECRET = 's'.repeat(32)

interface Issuer extends AsyncDisposable {
  readonly url: string
  keys: JWK[]
  status: number
  asked: number
}

/** A real server with a discovery document and a key set. */
async function startIssuer(): Promise<Issuer> {
  const server = createServer((request, response) => {
    if (request.url === '/.well-known/openid-configuration') {
      return void response.end(JSON.stringify({ jwks_uri: `${issuer.url}/keys` }))
    }
    issuer.asked += 1
    response.writeHead(issuer.status).end(JSON.stringify({ keys: issuer.keys }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer: Issuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: [],
    status: 200,
    asked: 0,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return issuer
}

async function pair(kid: string): Promise<{ privateKey: CryptoKey; jwk: JWK; publicKey: CryptoKey }> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  return { privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } }
}

function token(
  issuer: string,
  key: CryptoKey | Uint8Array,
  parts: { kid?: string; alg?: string; audience?: string; exp?: number; sub?: string | null; roles?: string[] } = {},
): Promise<string> {
  const { kid, alg = 'ES256', audience = 'api', exp = START / 1000 + 3600, sub = 'anna', roles = ['editor'] } = parts
  const unsigned = new SignJWT({ roles, scope: 'read write' })
    .setProtectedHeader({ alg, ...(kid === undefined ? {} : { kid }) })
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime(exp)
  return (sub === null ? unsigned : unsigned.setSubject(sub)).sign(key)
}

function verifier(issuer: string, clock: { nowMs: number }): TokenVerifier {
  const now = (): number => clock.nowMs
  return tokenVerifier({
    issuer,
    audience: 'api',
    shared: null,
    keySet: keySetCache({ jwks: null, issuer, fetch, now }),
    now,
  })
}

void test('a token of the issuer is believed, found through discovery, and remembered', async () => {
  await using issuer = await startIssuer()
  const key = await pair('1')
  issuer.keys = [key.jwk]
  const clock = { nowMs: START }
  const tokens = verifier(issuer.url, clock)
  const text = await token(issuer.url, key.privateKey, { kid: '1' })
  const found = await tokens.verify(text)
  assert.deepEqual(found, {
    kind: 'known',
    principal: { kind: 'subject', id: 'anna', roles: ['editor'], scopes: ['read', 'write'] },
    untilMs: START + 3_600_000,
  })
  assert.ok(!(tokens.verify(text) instanceof Promise), 'the second time nobody waits')
  clock.nowMs += REMEMBERED_MS
  assert.ok(tokens.verify(text) instanceof Promise, 'but not for ever')
  assert.equal(issuer.asked, 1)
})

void test('what is wrong with a token is refused', async () => {
  await using issuer = await startIssuer()
  const key = await pair('1')
  const other = await pair('1')
  issuer.keys = [key.jwk]
  const tokens = verifier(issuer.url, { nowMs: START })
  const good = await token(issuer.url, key.privateKey, { kid: '1' })
  const [head, body, signature] = good.split('.') as [string, string, string]
  const admin = base64url.encode(
    JSON.stringify({ ...JSON.parse(Buffer.from(body, 'base64url').toString()), roles: ['admin'] }),
  )
  const none = `${base64url.encode('{"alg":"none"}')}.${body}.`
  // The classic: a public key, which everybody has, used as a shared secret.
  const confused = await token(issuer.url, new TextEncoder().encode(await exportSPKI(key.publicKey)), {
    kid: '1',
    alg: 'HS256',
  })
  const wrong: Record<string, string> = {
    'another key': await token(issuer.url, other.privateKey, { kid: '1' }),
    'another audience': await token(issuer.url, key.privateKey, { kid: '1', audience: 'shop' }),
    'another issuer': await token('https://evil.example', key.privateKey, { kid: '1' }),
    'no subject': await token(issuer.url, key.privateKey, { kid: '1', sub: null }),
    'changed claims': `${head}.${admin}.${signature}`,
    'no algorithm': `${none}x`,
    'a public key as a secret': confused,
    rubbish: 'a.b.c',
    'too long': `a.${'b'.repeat(9_000)}.c`,
  }
  for (const [what, text] of Object.entries(wrong)) {
    assert.equal((await tokens.verify(text)).kind, 'wrong', what)
  }
  assert.equal(
    (await tokens.verify(await token(issuer.url, key.privateKey, { kid: '1', exp: START / 1000 - 60 }))).kind,
    'expired',
  )
})

void test('a rotation is noticed by the key it brings, and an old key goes with the set that drops it', async () => {
  await using issuer = await startIssuer()
  const [first, second] = [await pair('1'), await pair('2')]
  issuer.keys = [first.jwk]
  const clock = { nowMs: START }
  const tokens = verifier(issuer.url, clock)
  const old = await token(issuer.url, first.privateKey, { kid: '1' })
  assert.equal((await tokens.verify(old)).kind, 'known')
  issuer.keys = [second.jwk]
  clock.nowMs += ASK_AGAIN_MS
  assert.equal((await tokens.verify(await token(issuer.url, second.privateKey, { kid: '2' }))).kind, 'known')
  assert.equal((await tokens.verify(old)).kind, 'wrong')
})

void test('unknown keys do not make us ask the issuer for every token', async () => {
  await using issuer = await startIssuer()
  const key = await pair('1')
  issuer.keys = [key.jwk]
  const tokens = verifier(issuer.url, { nowMs: START })
  await tokens.verify(await token(issuer.url, key.privateKey, { kid: '1' }))
  for (let index = 0; index < 20; index++) {
    const finding = await tokens.verify(await token(issuer.url, key.privateKey, { kid: `forged-${index}` }))
    assert.equal(finding.kind, 'wrong')
  }
  assert.equal(issuer.asked, 1)
})

void test('while the issuer is away its last keys count for a day; without any nobody can tell', async () => {
  await using issuer = await startIssuer()
  const key = await pair('1')
  issuer.keys = [key.jwk]
  const clock = { nowMs: START }
  const tokens = verifier(issuer.url, clock)
  const exp = START / 1000 + 3 * 86_400
  await tokens.verify(await token(issuer.url, key.privateKey, { kid: '1', exp }))
  issuer.status = 500
  clock.nowMs += RENEW_MS * 2
  assert.equal((await tokens.verify(await token(issuer.url, key.privateKey, { kid: '1', exp: exp + 1 }))).kind, 'known')
  clock.nowMs += STALE_MS
  assert.equal(
    (await tokens.verify(await token(issuer.url, key.privateKey, { kid: '1', exp: exp + 2 }))).kind,
    'unavailable',
  )
})

void test('a shared secret: HS256 alone', async () => {
  const now = (): number => START
  const tokens = tokenVerifier({ issuer: 'us', audience: 'api', shared: SECRET, keySet: null, now })
  const key = new TextEncoder().encode(SECRET)
  assert.equal((await tokens.verify(await token('us', key, { alg: 'HS256' }))).kind, 'known')
  assert.equal(
    (await tokens.verify(await token('us', new TextEncoder().encode('x'.repeat(32)), { alg: 'HS256' }))).kind,
    'wrong',
  )
  assert.equal((await tokens.verify(await token('us', (await pair('1')).privateKey))).kind, 'wrong')
})
