import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { test } from 'node:test'

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
