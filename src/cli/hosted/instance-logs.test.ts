import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Instance } from '../../deploy/release.ts'
import { scrubOf } from '../../core/scrub.ts'
import type { LogSource } from './hosted.ts'
import { readInstanceLogs } from './instance-logs.ts'

const SECRET = 'geheim-4711'

/** Prints these lines, as `docker logs` and `kubectl logs` do. */
function sourceOf(id: string, lines: readonly string[]): LogSource {
  const words = [process.execPath, '-e', 'console.log(process.argv[1])', lines.join('\n')] as const
  return {
    id,
    instance: { id, service: id.slice(0, id.indexOf('@')) } as Instance,
    read: () => ({ argv: words, timeoutMs: 30_000, because: 'a test' }),
    follow: () => words,
  }
}

const hosted = {
  logSources: async () => [
    sourceOf('api@7-3fa9c1d2-1', ['2026-11-22T06:00:02.5Z second', `2026-11-22T06:00:04Z fourth ${SECRET}`]),
    sourceOf('api@7-3fa9c1d2-2', ['Error from server: container is waiting', '2026-11-22T06:00:03.000000001Z third']),
    sourceOf('web@7-3fa9c1d2-1', ['2026-11-22T06:00:01Z first']),
  ],
}
const logs = { hosted, query: {}, scrub: scrubOf({ KEY: SECRET }) }

test('lines of all instances come in the order of their times, the newest last, and without secrets', async () => {
  const lines = await readInstanceLogs(logs, 3)
  assert.deepEqual(
    lines.map(({ text }) => text.split(' ')[0]),
    ['second', 'third', 'fourth'],
  )
  assert.doesNotMatch(lines[2]!.text, new RegExp(SECRET))
  assert.equal(lines[1]!.instance, 'api@7-3fa9c1d2-2')
})

test("what the tool itself says is no line of the program's", async () => {
  const lines = await readInstanceLogs({ ...logs, query: { service: 'api' } }, 10)
  assert.deepEqual(
    lines.map(({ text }) => text.split(' ')[0]),
    ['second', 'third', 'fourth'],
  )
})
