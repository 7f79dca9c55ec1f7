import assert from 'node:assert/strict'
import { test } from 'node:test'
import { looksSecret } from './secrets.ts'
import { notesOf, packageText, servicesOf } from './testing.ts'

test('names that look secret, and names that only sound alike', () => {
  for (const name of [
    'JWT_SECRET',
    'STRIPE_API_KEY',
    'APIKEY',
    'DB_PASSWORD',
    'GITHUB_TOKEN',
    'SIGNING_KEY',
    'SENTRY_DSN',
    'secret_key_base',
  ]) {
    assert.ok(looksSecret(name), name)
  }
  for (const name of [
    'LOG_LEVEL',
    'STRIPE_PUBLISHABLE_KEY',
    'NEXT_PUBLIC_API_KEY',
    'VITE_TOKEN',
    'AWS_ACCESS_KEY_ID',
    'TOKEN_TTL',
    'KEYBOARD',
    'MONKEY',
  ]) {
    assert.ok(!looksSecret(name), name)
  }
})

test('in a workspace a secret goes to those that mention it, else to all', () => {
  const part = (source: string): string => `createServer().listen(process.env.PORT); ${source}`
  const services = servicesOf({
    '.env.example': 'A_TOKEN=\nexport B_TOKEN=x\n# C_TOKEN=\nLEVEL=info\nA_TOKEN=again\n',
    'package.json': packageText({ workspaces: ['*'] }),
    'one/package.json': packageText({ scripts: { start: 'node a.js' } }),
    'one/a.js': part('process.env.A_TOKEN'),
    'two/package.json': packageText({ scripts: { start: 'node a.js' } }),
    'two/a.js': part(''),
  })
  assert.deepEqual([services['one']?.['secrets'], services['two']?.['secrets']], [['A_TOKEN', 'B_TOKEN'], ['B_TOKEN']])
})

test('what only sources ask for is told, and not demanded', () => {
  const files = {
    'app.py':
      'HTTPServer(x)\nos.environ["ADMIN_TOKEN"]\nos.getenv("A_TOKEN")\nos.environ.get("LEVEL")\nos.environ["DATABASE_URL"]\n',
    '.env.example': 'A_TOKEN=\n',
  }
  assert.deepEqual(servicesOf(files)['web']?.['secrets'], ['A_TOKEN'])
  assert.deepEqual(notesOf(files), ['app.py:2 asks for ADMIN_TOKEN: put what production needs of it into secrets'])
})

test('files have no secrets, and other names are told', () => {
  const files = { '.env.example': 'API_TOKEN=\nLEVEL=info\nPORT=1\n', 'public/index.html': '' }
  assert.deepEqual(servicesOf(files), { web: { static: 'public', routes: ['/'] } })
  assert.deepEqual(notesOf(files), ['.env.example also names LEVEL: put what production needs into env'])
})
