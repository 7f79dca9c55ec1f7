import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appOf, notesOf, packageText } from './testing.ts'

const node = (dependencies: object, more: Readonly<Record<string, string>> = {}): Record<string, string> => ({
  'package.json': packageText({ scripts: { start: 'node a.js' }, dependencies }),
  'a.js': 'app.listen(process.env.PORT)',
  ...more,
})

test('clients of servers become needs, in every language', () => {
  const kinds = (files: Record<string, string>): unknown => appOf(files).needs
  assert.deepEqual(kinds(node({ pg: '8' })), { db: { kind: 'postgres' } })
  assert.deepEqual(kinds(node({ ioredis: '5' })), { cache: { kind: 'redis' } })
  assert.deepEqual(kinds(node({ kafkajs: '2' })), { kafka: { kind: 'kafka', url: 'KAFKA_URL' } })
  const python = { 'main.py': 'app = FastAPI()', 'requirements.txt': 'fastapi\npsycopg2_binary\n' }
  assert.deepEqual(kinds(python), { db: { kind: 'postgres' } })
  const go = {
    'go.mod': 'module x\n\nrequire (\n\tgithub.com/jackc/pgx/v5 v5.7.1\n)\n',
    'main.go': 'package main\n\nfunc main() {\n}\n',
  }
  assert.deepEqual(kinds(go), { db: { kind: 'postgres' } })
  assert.deepEqual(kinds({ 'config.ru': 'run A', Gemfile: "gem 'sidekiq'\n" }), {
    jobs: { kind: 'redis', role: 'store' },
  })
  assert.equal(kinds(node({ 'pg-types': '4' })), undefined)
})

test('what keeps jobs in Redis makes it a store', () => {
  assert.deepEqual(appOf(node({ bullmq: '5' })).needs, { jobs: { kind: 'redis', role: 'store' } })
})

test('a need is called so that its address arrives where the sources look for it', () => {
  const nameOf = (source: string): string[] => Object.keys(appOf(node({ pg: '8' }, { 'db.js': source })).needs ?? {})
  assert.deepEqual(nameOf('process.env.POSTGRES_URL'), ['postgres'])
  assert.deepEqual(nameOf('process.env.PG_URL'), ['pg'])
  assert.deepEqual(nameOf('process.env.POSTGRES_URL ?? process.env.DATABASE_URL'), ['db'])
})

test('an address that the environment hands over is no secret, another one is', () => {
  const example = 'DATABASE_URL=x\nDB_URL=x\nREDIS_URL=x\nMONGODB_URI=x\n'
  const { services } = appOf(node({ pg: '8' }, { '.env.example': example }))
  assert.deepEqual(services['web']?.['secrets'], ['REDIS_URL', 'MONGODB_URI'])
})

test('a server without a kind of its own is told', () => {
  assert.match(notesOf(node({ mongoose: '8' })).join(), /mongoose: no kind of need/)
})

test('a library of a workspace gives its needs to what runs beside it', () => {
  const app = appOf({
    'package.json': packageText({ workspaces: ['*'] }),
    'api/package.json': packageText({ scripts: { start: 'node a.js' }, dependencies: { express: '5' } }),
    'store/package.json': packageText({ dependencies: { pg: '8' } }),
  })
  assert.deepEqual(app.services['api']?.['uses'], { db: 'required' })
})

test('SQLite is a need where its file is asked for, a writable folder where it is not', () => {
  const of = (source: string): unknown => {
    const { needs, services } = appOf(node({ 'better-sqlite3': '11' }, { 'db.js': source }))
    return [needs, services['web']?.['writable']]
  }
  assert.deepEqual(of('new Database(process.env.DB_FILE)'), [{ db: { kind: 'sqlite' } }, undefined])
  assert.deepEqual(of("new Database('./data/app.sqlite')"), [undefined, ['data']])
  assert.deepEqual(of("new Database('app.db')"), [undefined, undefined])
  assert.match(
    notesOf(node({ 'better-sqlite3': '11' }, { 'db.js': "new Database('app.db')" })).join(),
    /beside the program/,
  )
})
