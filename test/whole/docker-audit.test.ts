/** The audit trail and the security events of an environment on a real engine: listed, followed, verified and altered, whether it runs or not. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempDisposableSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TrailRecord } from '../../src/control/audit/trail.ts'
import type { EventRecord } from '../../src/control/guard/events/record.ts'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { engineNetwork } from '../support/engine-load.ts'
import { EngineProject } from '../support/engine-project.ts'
import { plainConfig, until } from '../support/project.ts'

const PORT = 8090
const OWN = 'seaworthy_plain_staging_seaworthy'
const STATE = '/var/lib/seaworthy'
const TRAIL = `${STATE}/audit-trail.jsonl`
const EVENTS = `${STATE}/security/events-000000000001.jsonl`
const ATTACK = "/search?q=1'%20OR%20'1'%3D'1"
const SEND = `const { status } = await fetch(process.argv[1]); process.stdout.write(String(status))`
/** Changes one byte in its place: owner and mode stay. */
const ALTER = `const [file, at] = process.argv.slice(1)
const handle = fs.openSync(file, 'r+')
const byte = Buffer.alloc(1)
fs.readSync(handle, byte, 0, 1, Number(at))
byte[0] ^= 1
fs.writeSync(handle, byte, 0, 1, Number(at))`

const config = {
  ...plainConfig(),
  gateway: { listen: { http: PORT } },
  environments: { staging: { target: 'docker', watch: { for: '1s' }, drain: '2s' } },
}

test(
  'what control has written down on an engine is listed, followed and verified from here',
  { timeout: 400_000 },
  async (t) => {
    using base = nodeArchive()
    await using engine = await startEngine()
    const { docker } = engine
    docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
    await using project = new EngineProject(config, {}, '.seaworthy/staging')
    using throwaway = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-throwaway-'))
    project.variables = { DOCKER_HOST: engine.host, TMPDIR: throwaway.path }
    const run = (...words: readonly string[]) => project.run(words)
    const must = async (...words: readonly string[]) => (await project.must(words)).stdout
    const eventsOf = async (...words: readonly string[]) =>
      JSON.parse(await must('guard', 'events', '--json', ...words)) as readonly EventRecord[]
    const attack = (): void => {
      const [enter, ...where] = engineNetwork(engine)
      const url = `http://127.0.0.1:${PORT}${ATTACK}`
      const words = [...where, process.execPath, '--input-type=module', '-e', SEND, url]
      assert.equal(execFileSync(enter, words, { encoding: 'utf8' }), '403')
    }
    const alter = (file: string): void => void docker('exec', OWN, 'node', '-e', ALTER, file, '40')

    await t.test('where nothing is there is nothing, and no volume is made by looking', async () => {
      assert.equal(await must('audit-trail'), 'no records\n')
      assert.equal(await must('guard', 'events', '--verify'), 'there are no events, and none were written\n')
      assert.match((await run('audit-trail', '--verify')).stderr, /no trail at volume .*\[audit\.no-trail\]/)
      assert.equal(docker('volume', 'ls', '--quiet'), '')
    })

    await must('deploy')
    attack()

    await t.test('listed as on this machine', async () => {
      const records = JSON.parse(await must('audit-trail', '--json')) as readonly TrailRecord[]
      assert.ok(
        records.some(({ what }) => what.startsWith('deploy')),
        JSON.stringify(records),
      )
      const newest = JSON.parse(await must('audit-trail', '--json', '--limit', '1')) as readonly TrailRecord[]
      assert.deepEqual(
        newest.map(({ sequence }) => sequence),
        [records.at(-1)!.sequence],
      )
      assert.match(await must('audit-trail', '--since', '1h'), /deploy/)
      await until(async () => (await eventsOf('--class', 'sqli')).length > 0, 'the refusal on record')
      assert.deepEqual(await eventsOf('--class', 'xss'), [])
      assert.match(await must('guard', 'events'), /sqli/)
    })

    await t.test('verified here; the containers that read are gone', async () => {
      assert.match(await must('audit-trail', '--verify'), /^\d+ records follow each other from the first to the last/)
      assert.match(await must('guard', 'events', '--verify'), /events follow each other from 1 to/)
      assert.equal(docker('ps', '--all', '--format', '{{.Names}}').split('\n').length, 2)
    })

    await t.test('`--follow` goes on with what comes', async () => {
      const child = spawn(
        process.execPath,
        [project.program, 'guard', 'events', '--follow', '--json', '--limit', '1'],
        {
          cwd: project.folder,
          env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...project.variables },
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const ended = new Promise((resolve) => child.once('close', resolve))
      let said = ''
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
      const lines = (): readonly string[] => said.split('\n').slice(0, -1)
      await until(() => lines().length === 1, 'the newest event')
      attack()
      await until(() => lines().length === 2, 'the next one')
      child.kill('SIGINT')
      await ended
      const [first, next] = lines().map((line) => (JSON.parse(line) as EventRecord).sequence)
      assert.equal(next, first! + 1)
    })

    await t.test('one altered byte in the volume is named, and ends it with 1', async () => {
      alter(TRAIL)
      const trail = await run('audit-trail', '--verify')
      assert.deepEqual([trail.code, trail.stdout], [1, ''])
      assert.match(trail.stderr, /audit-trail\.jsonl line 1: .* \[audit\.broken\]/)
      alter(TRAIL)
      alter(EVENTS)
      const events = await run('guard', 'events', '--verify')
      assert.equal(events.code, 1)
      assert.match(events.stderr, /\[guard\.events-broken\]/)
      assert.match(events.stderr, /events-000000000001\.jsonl line 1: /)
      alter(EVENTS)
      await must('audit-trail', '--verify')
      await must('guard', 'events', '--verify')
    })

    await t.test('stopped, and removed but for its volume, it can be asked all the same', async () => {
      for (const words of [['stop'], ['stop', '--remove']]) {
        await must(...words)
        assert.match(await must('audit-trail', '--verify'), /records follow each other/)
        assert.match(await must('guard', 'events', '--verify'), /events follow each other/)
        assert.ok((await eventsOf('--class', 'sqli')).length > 0)
      }
      const { code, stderr } = await run('guard', 'events', '--follow')
      assert.equal(code, 1)
      assert.match(stderr, /\[environment\.unreachable\]/)
    })
    assert.deepEqual(readdirSync(throwaway.path), [])
  },
)
