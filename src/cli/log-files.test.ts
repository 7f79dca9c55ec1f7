import assert from 'node:assert/strict'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { FileTail, readLogs } from './log-files.ts'
import { textOf } from './log-text.ts'

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-logs-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  mkdirSync(join(folder, 'logs'))
  return folder
}

test('lines that carry no time take their place by the marks beside the file', (t) => {
  const folder = folderOf(t)
  const app = join(folder, 'logs', 'api@1-aaaaaaaa-1.log')
  writeFileSync(app, 'started\nasked für /\nasked again\n')
  writeFileSync(
    `${app}.times`,
    `8 1000\n${Buffer.byteLength('started\nasked für /\n')} 3000\n${Buffer.byteLength('started\nasked für /\nasked again\n')} 5000\n`,
  )
  const gateway = join(folder, 'logs', 'gateway-1.log')
  const at = (ms: number): string => JSON.stringify({ time: new Date(ms).toISOString(), message: 'GET' }) + '\n'
  writeFileSync(gateway, at(2000) + at(4000))
  const lines = readLogs(folder, {}, 10)
  assert.deepEqual(
    lines.map(({ atMs, text }) => [atMs, text]),
    [
      [1000, 'started'],
      [2000, 'GET'],
      [3000, 'asked für /'],
      [4000, 'GET'],
      [5000, 'asked again'],
    ],
  )
  assert.deepEqual(
    readLogs(folder, { fromMs: 2500, service: 'api' }, 10).map(({ text }) => text),
    ['asked für /', 'asked again'],
  )
})

test('a tail gives whole lines only, survives being emptied, and cuts a line without end', (t) => {
  const file = join(folderOf(t), 'logs', 'x.log')
  writeFileSync(file, 'one\ntw')
  const tail = new FileTail(file, 'x', 'start')
  const read = (): readonly string[] => tail.read(true).map(({ text }) => text)
  assert.deepEqual(read(), ['one'])
  appendFileSync(file, 'o\n')
  assert.deepEqual(read(), ['two'])
  truncateSync(file, 0)
  appendFileSync(file, 'new\n')
  assert.deepEqual(read(), ['new'])
  appendFileSync(file, 'y'.repeat(200_000))
  const [cut] = read()
  assert.equal(cut?.length, 64 * 1024)
})

test('a file of short lines alone is read as well, and a time that no calendar has is none', (t) => {
  const folder = folderOf(t)
  writeFileSync(join(folder, 'logs', 'api.log'), 'x\n'.repeat(200_000))
  assert.equal(readLogs(folder, { service: 'api' }, 10).length, 10)
  writeFileSync(join(folder, 'logs', 'odd.log'), '{"time":1e300,"msg":"a"}\n{"time":"9999999999999999999","msg":"b"}\n')
  const lines = readLogs(folder, { service: 'odd' }, 10)
  assert.deepEqual(
    lines.map((line) => textOf(line).replace(/^\S+/, '').trim()),
    ['odd                  a', 'odd                  b'],
  )
})
