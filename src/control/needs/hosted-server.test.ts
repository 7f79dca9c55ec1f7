import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { ResolvedNeed } from '../../config/resolved.ts'
import type { Release } from '../../deploy/release.ts'
import type { KeeperLink } from '../keeper-link.ts'
import { pickPort } from '../ports.ts'
import { State } from '../state.ts'
import { startKafkaWithLogin } from '../../../test/support/kafka-peers.ts'
import { until } from '../../gateway/testing.ts'
import { readCredentials, writeCredentials } from './credentials.ts'
import { HostedServer } from './hosted-server.ts'
import { Needs } from './needs.ts'

const REDIS: ResolvedNeed = { kind: 'redis', version: null, url: null, role: 'store', bytesMax: null }

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-hosted-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

function releaseOf(need: ResolvedNeed): Release {
  const services = { api: { run: { kind: 'program' }, uses: { cache: 'required' } } }
  return { id: '1-a', config: { target: 'docker', services, needs: { cache: need } } } as unknown as Release
}

function needsIn(folder: string): Needs {
  const state = new State(join(folder, 'state.db'))
  return new Needs({ folder, path: '', state, keeper: {} as KeeperLink, acts: false, onThere: () => {} })
}

test('where it runs and its passwords are kept: said again, the same; moved, the same at the new place', (t) => {
  const folder = folderFor(t)
  const needs = needsIn(folder)
  const first = needs.host(releaseOf(REDIS), 'cache', { host: 'need-cache', port: 6379 })
  assert.deepEqual(needs.host(releaseOf(REDIS), 'cache', { host: 'need-cache', port: 6379 }), first)
  assert.equal(lstatSync(join(folder, 'needs/cache/credentials.json')).mode & 0o777, 0o600)
  assert.equal(needs.urlOf(releaseOf(REDIS), 'cache'), `redis://:${first.password}@need-cache:6379`)
  const moved = needs.host(releaseOf(REDIS), 'cache', { host: 'other', port: 6380 })
  assert.deepEqual([moved.password, moved.adminPassword], [first.password, first.adminPassword])
  assert.equal(needs.urlOf(releaseOf(REDIS), 'cache'), `redis://:${first.password}@other:6380`)
})

test('what its data cannot be read by is refused before anything is started, and so is another kind', (t) => {
  const folder = folderFor(t)
  const needs = needsIn(folder)
  const at = { host: 'need-cache', port: 6379 }
  const postgres: ResolvedNeed = { ...REDIS, kind: 'postgres', version: '15' }
  const host = (need: ResolvedNeed) => () => needs.host(releaseOf(need), 'cache', at)
  writeCredentials(folder, 'cache', { ...host(postgres)(), ranVersion: '15.18' })
  host(postgres)()
  assert.throws(host({ ...postgres, version: '17' }), { code: 'need.data-version', message: /of PostgreSQL 15, and/ })
  // The image that runs then is of 17.
  assert.throws(host({ ...postgres, version: null }), { code: 'need.data-version', message: /wants PostgreSQL 17$/ })
  assert.throws(host(REDIS), { code: 'need.kind-changed' })
  assert.throws(host({ ...REDIS, kind: 'sqlite' }), { code: 'need.not-here' })
  assert.throws(host({ ...REDIS, url: 'CACHE_URL' }), { code: 'need.not-here' })
})

test('data of the version that runs where none is named are no obstacle', (t) => {
  const folder = folderFor(t)
  const needs = needsIn(folder)
  const at = { host: 'need-cache', port: 5432 }
  const postgres: ResolvedNeed = { ...REDIS, kind: 'postgres' }
  const made = needs.host(releaseOf(postgres), 'cache', at)
  writeCredentials(folder, 'cache', { ...made, ranVersion: '17.2' })
  assert.equal(needs.host(releaseOf(postgres), 'cache', at).ranVersion, '17.2')
})

test('a file is no need that containers share', async (t) => {
  const file: ResolvedNeed = { ...REDIS, kind: 'sqlite' }
  await assert.rejects(needsIn(folderFor(t)).ensure(releaseOf(file), 'cache', null), { code: 'need.not-here' })
})

test('it is healthy once it answers, unhealthy when it stops, and healthy again', { timeout: 60_000 }, async (t) => {
  const folder = folderFor(t)
  const port = await pickPort('127.0.0.1', new Set())
  const { password } = needsIn(folder).host(releaseOf(REDIS), 'cache', { host: '127.0.0.1', port })
  const notes: string[] = []
  let there = 0
  const server = new HostedServer(REDIS, {
    need: 'cache',
    stateFolder: folder,
    note: (kind) => notes.push(kind),
    onThere: () => (there += 1),
  })
  let child: ChildProcess | null = null
  const begin = (): void => {
    const words = [
      '--port',
      String(port),
      '--bind',
      '127.0.0.1',
      '--requirepass',
      password,
      '--save',
      '',
      '--dir',
      folder,
    ]
    child = spawn('redis-server', words, { stdio: 'ignore' })
  }
  t.after(() => child?.kill('SIGKILL'))
  assert.equal((await server.bringUp(300))?.code, 'need.not-healthy')
  begin()
  assert.equal(await server.bringUp(20_000), null)
  assert.deepEqual([server.report().state, server.report().port, there], ['healthy', port, 1])
  assert.match(readCredentials(folder, 'cache')!.ranVersion!, /^\d+\.\d+/)
  await assert.rejects(server.check({ ...REDIS, version: '3' }), { code: 'need.version' })

  child!.kill('SIGKILL')
  await until(async () => (await server.look(), server.report().state === 'unhealthy'))
  begin()
  await until(async () => (await server.look(), server.report().state === 'healthy'))
  assert.deepEqual(notes, ['need-healthy', 'need-unhealthy', 'need-recovered'])
  await server.stop()
  assert.equal(server.report().state, 'stopped')
})

const KAFKA: ResolvedNeed = { ...REDIS, kind: 'kafka' }

test('a Kafka is healthy once it lets its account in; its version is that of its image, whatever that becomes', async (t) => {
  const folder = folderFor(t)
  const needs = needsIn(folder)
  const place = { host: '127.0.0.1', port: await pickPort('127.0.0.1', new Set()) }
  const { password } = needs.host(releaseOf(KAFKA), 'cache', place)
  assert.equal(needs.urlOf(releaseOf(KAFKA), 'cache'), `kafka://app:${password}@127.0.0.1:${place.port}`)
  const texts: string[] = []
  const options = { need: 'cache', stateFolder: folder, onThere: () => {} }
  const server = new HostedServer(KAFKA, { ...options, note: (kind, text) => texts.push(`${kind}: ${text}`) })
  assert.match((await server.bringUp(300))!.message, /cache is starting: connect ECONNREFUSED/)
  assert.equal(server.report().version, null)

  assert.equal(await needs.inspect('cache', KAFKA, null), 'a container')
  assert.throws(() => needs.requireFor(releaseOf(KAFKA), 'api'), { code: 'need.not-healthy' })

  await using other = await startKafkaWithLogin({ user: 'app', password: 'another' })
  needs.host(releaseOf(KAFKA), 'cache', { ...place, port: other.port })
  assert.match((await server.bringUp(300))!.message, /it does not let us in/)

  await using kafka = await startKafkaWithLogin({ user: 'app', password })
  needs.host(releaseOf(KAFKA), 'cache', { ...place, port: kafka.port })
  assert.equal(await server.bringUp(10_000), null)
  assert.deepEqual([server.report().state, server.report().version], ['healthy', '4.1.1'])
  assert.deepEqual(texts, ['need-healthy: cache (Kafka, image 4.1.1) is healthy'])
  assert.equal(readCredentials(folder, 'cache')!.ranVersion, '4.1.1')

  // Nobody could say that it is another: it is made anew from the other image, and then that is its version.
  const newer = { ...KAFKA, version: '5.0.0' }
  await server.check(newer)
  await server.reconfigure(newer)
  assert.equal(await server.bringUp(10_000), null)
  assert.deepEqual([server.report().version, readCredentials(folder, 'cache')!.ranVersion], ['5.0.0', '5.0.0'])
  assert.throws(() => needs.host(releaseOf(KAFKA), 'cache', place), {
    code: 'need.data-version',
    message: 'the data of cache are of Kafka 5, and cache wants Kafka 4.1.1',
    hint: "Write version: '5.0.0' for cache, or give the new one another name: it begins without messages.",
  })
})
