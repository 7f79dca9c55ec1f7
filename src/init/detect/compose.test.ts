import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appOf, notesOf, packageText } from './testing.ts'

const PROGRAM = {
  'package.json': packageText({ scripts: { start: 'node a.js' } }),
  'a.js': "require('http').createServer().listen(process.env.PORT)",
}
const withCompose = (text: string, name = 'compose.yaml'): Record<string, string> => ({ ...PROGRAM, [name]: text })

test('images of known servers become needs with the version of their tag', () => {
  const needsOf = (image: string): unknown => {
    const app = appOf(
      withCompose(`services:\n  api: { build: ., depends_on: [store] }\n  store: { image: '${image}' }\n`),
    )
    assert.deepEqual(app.services['api']?.['uses'], { store: 'required' }, image)
    return app.needs?.['store']
  }
  assert.deepEqual(needsOf('postgres:16.3-alpine'), { kind: 'postgres', version: '16' })
  assert.deepEqual(needsOf('docker.io/library/postgres@sha256:abc'), { kind: 'postgres' })
  assert.deepEqual(needsOf('registry.example.com:5000/bitnami/postgresql:17'), { kind: 'postgres', version: '17' })
  assert.deepEqual(needsOf('redis:7-alpine'), { kind: 'redis', version: '7' })
  assert.deepEqual(needsOf('valkey/valkey:8'), { kind: 'redis' })
  assert.deepEqual(needsOf('bitnami/kafka:3.7'), { kind: 'kafka', url: 'STORE_URL' })
})

test('two servers of one kind are told apart by depends_on', () => {
  const app = appOf(
    withCompose(
      'services:\n  api: { build: ., depends_on: { one: {} } }\n  one: { image: postgres }\n  two: { image: postgres }\n',
    ),
  )
  assert.deepEqual(app.needs, { one: { kind: 'postgres' } })
})

test('environment, as a list or a map: plain values stay, secrets lose theirs, hosts of the network go', () => {
  for (const environment of [
    "[LEVEL=info, 'TOKEN=hide-me', 'DATABASE_URL=postgres://u:hide-me@db/x', REDIS_HOST=cache, EMPTY, PORT=80, 'AT=${AT}', NAME=change-me]",
    "{ LEVEL: info, TOKEN: hide-me, DATABASE_URL: 'postgres://u:hide-me@db/x', REDIS_HOST: cache, EMPTY: , PORT: 80, AT: '${AT}', NAME: change-me }",
  ]) {
    const files = withCompose(
      `services:\n  api: { build: ., depends_on: [db, cache], environment: ${environment} }\n  db: { image: postgres }\n  cache: { image: redis }\n`,
    )
    const app = appOf(files)
    assert.deepEqual([app.services['api']?.['env'], app.services['api']?.['secrets']], [{ LEVEL: 'info' }, ['TOKEN']])
    assert.match(notesOf(files).join(), /REDIS_HOST name hosts of the compose network/)
    assert.ok(!JSON.stringify(app).includes('hide-me'))
  }
})

test('one image with several commands is several services; the one that is reached is the main one', () => {
  const { services } = appOf(
    withCompose(
      "services:\n  jobs: { build: ., command: ['node', 'jobs.js', 'all of them'] }\n  api: { build: ., ports: ['80:3000'], command: node --watch a.js }\n",
    ),
  )
  assert.deepEqual(services, {
    jobs: { start: "node jobs.js 'all of them'" },
    api: { start: 'node a.js', routes: ['/'] },
  })
})

test('addresses of needs are handed over under our names, so other names are told; those of other servers are secrets', () => {
  const files = withCompose(
    "services:\n  api:\n    build: { context: ., dockerfile: docker/Dockerfile }\n    links: ['queue:q']\n    environment:\n" +
      '      DATABASE_URL: postgresql+asyncpg://u:hide-me@db:5432/x?y=1\n      CELERY_BROKER_URL: redis://queue:6379/0\n' +
      '      MYSQL_URL: mysql://u:hide-me@old:3306/x\n' +
      '  db: { image: postgres }\n  queue: { image: redis }\n  old: { image: mysql }\n  front: { image: nginx:alpine }\n',
  )
  const { services, needs } = appOf(files)
  assert.deepEqual(services['api']?.['secrets'], ['MYSQL_URL'])
  assert.deepEqual(services['api']?.['uses'], { db: 'required', queue: 'required' })
  assert.deepEqual(Object.keys(needs ?? {}), ['db', 'queue'])
  const notes = notesOf(files).join('\n')
  assert.match(notes, /: CELERY_BROKER_URL name hosts/)
  assert.match(notes, /nginx:alpine: left out, the gateway does its work/)
  assert.match(notes, /mysql: left out, no kind of need/)
})

test('a Dockerfile in a part of its own says which part is built', () => {
  const inner = Object.fromEntries(Object.entries(PROGRAM).map(([name, held]) => [`backend/${name}`, held]))
  const text = 'services:\n  shop: { build: { context: ., dockerfile: backend/Dockerfile } }\n'
  assert.deepEqual(appOf({ ...inner, 'compose.yaml': text }).services, {
    shop: { path: 'backend', start: 'node a.js', routes: ['/'] },
  })
})

test('what cannot be taken over is told', () => {
  const told = (text: string): string => notesOf(withCompose(text)).join('\n')
  assert.match(told('services:\n  api: { build: ../other }\n'), /outside this folder/)
  assert.match(told('services:\n  api: { build: ./nowhere }\n'), /nothing was recognised/)
  assert.match(told('services:\n  mail: { image: mailpit }\n'), /no kind of need/)
  assert.match(told('services:\n  api: { build: ., env_file: .env }\n'), /reads \.env/)
  assert.match(told('services: {'), /cannot be parsed/)
  for (const odd of ['[]', 'services: 7', 'services: { api: null }', 'services: { api: { build: [] } }', '']) told(odd)
})

test('aliases that unfold without end are refused, not followed', () => {
  const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefghij'.replaceAll(/./g, (name) => `${name}: &${name} [${`*${String.fromCodePoint(name.codePointAt(0)! - 1)}, `.repeat(9)}]\n`)}`
  assert.match(notesOf(withCompose(bomb)).join(), /cannot be parsed/)
})
