import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'
import { makeProgram } from './main.ts'

const bin = join(import.meta.dirname, '..', '..', 'bin', 'seaworthy.js')

for (const args of [
  ['--config', '/nowhere/app.config.json', 'plan'],
  ['plan', '--config', '/nowhere/app.config.json'],
]) {
  test(`seaworthy ${args.join(' ')} reads the config that was named`, async () => {
    const stderr = await new Promise<string>((resolve) => {
      execFile(process.execPath, [bin, ...args], (_error, _stdout, stderr) => resolve(stderr))
    })
    assert.match(stderr, /\/nowhere\/app\.config\.json/)
  })
}

for (const [args, says] of [
  [['try', '--raw', '/nowhere/request.txt'], /--raw: ENOENT/],
  [['try', '--har', '/nowhere/a.har'], /--har: ENOENT/],
  [['try', '--path', '/', '--body', '@/nowhere/body.json'], /--body: ENOENT/],
  [['events', '--client', 'nonsense'], /--client nonsense is no address/],
  [['feed', '--url', 'file:blocked.txt'], /--url needs --reload/],
] as const) {
  test(`seaworthy guard ${args.join(' ')} is a wrong use, not a bug`, async () => {
    const [code, stderr] = await new Promise<[unknown, string]>((resolve) => {
      execFile(process.execPath, [bin, 'guard', ...args], (error, _stdout, text) => resolve([error?.code, text]))
    })
    assert.match(stderr, says)
    assert.equal(code, 2)
  })
}

test('a command that is asked for by its name is loaded alone, and is the same as among all of them', async () => {
  const all = await makeProgram(() => {})
  assert.ok(all.commands.length > 20)
  for (const command of all.commands) {
    const alone = await makeProgram(() => {}, command.name())
    assert.deepEqual(
      alone.commands.map((each) => each.helpInformation()),
      [command.helpInformation()],
    )
  }
})
