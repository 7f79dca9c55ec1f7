import assert from 'node:assert/strict'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { newApiKey } from '../../../guard/identity/api-keys.ts'
import { policyOf } from '../../testing-guard.ts'
import { startGateway, startUpstream, statusInTwo, tableOf, throwawayFolder } from '../../testing.ts'

const user = newApiKey({ id: 'user', scopes: [], roles: [], expiresMs: null })
const FORM = 'application/x-www-form-urlencoded'
const MULTIPART = 'multipart/form-data; boundary=b'
const part = (name: string, value: string): string =>
  `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`

for (const threats of ['block', 'off'] as const)
  void test(`threats ${threats}: a form that means a protected method needs what that method needs`, async () => {
    const folder = throwawayFolder()
    writeFileSync(join(folder, 'guard.json'), JSON.stringify({ keys: user.line }))
    await using upstream = await startUpstream()
    const identity = {
      secretsFile: join(folder, 'guard.json'),
      keys: true,
      jwt: null,
      protect: [{ host: null, method: 'DELETE', path: '/items' }],
      admin: null,
    }
    const guard = policyOf({ threats, identity })
    await using gateway = await startGateway(tableOf([upstream.upstream], { guard }))
    const ask = (type: string, body: string, key = ''): Promise<string> => {
      const shown = key === '' ? '' : `X-API-Key: ${key}\r\n`
      return statusInTwo(gateway.port, `POST /items/1 HTTP/1.1\r\nHost: a\r\n${shown}Content-Type: ${type}\r\n`, body)
    }
    const meant: readonly [type: string, body: string][] = [
      [FORM, 'name=a&_method=DELETE'],
      [FORM, '%5Fmethod=delete'],
      [FORM, '_method=PUT&_method=DELETE'],
      [MULTIPART, `${part('a', 'b')}${part('_method', 'delete')}--b--\r\n`],
      [MULTIPART, `${part('.method', 'delete')}--b--\r\n`],
      ['application/json', '{"a":"b","\\u005fmethod":"delete"}'],
    ]
    for (const [type, body] of meant) assert.equal(await ask(type, body), '401', body)
    assert.equal(upstream.requests.length, 0)
    assert.equal(await ask(FORM, '_method=DELETE', user.key), '200')
    for (const [type, body] of [
      [FORM, '_method=PUT'],
      [FORM, 'method=DELETE&note=_method'],
      [MULTIPART, `${part('a', '_method')}--b--\r\n`],
      ['application/json', '{"a":{"_method":"DELETE"}}'],
      ['text/plain', '_method=DELETE'],
    ] as const)
      assert.equal(await ask(type, body), '200', body)
    rmSync(folder, { recursive: true })
  })
