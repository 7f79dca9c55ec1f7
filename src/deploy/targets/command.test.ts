import assert from 'node:assert/strict'
import { test } from 'node:test'
import { showCommand } from './command.ts'

test('a command is shown as it could be typed, and never what it reads', () => {
  const command = { argv: ['docker', 'cp', '-', "it's:/run"] as const, timeoutMs: 1, because: '' }
  assert.equal(showCommand(command), String.raw`docker cp - 'it'\''s:/run'`)
  assert.equal(showCommand({ ...command, stdin: Buffer.from('secret') }), String.raw`docker cp - 'it'\''s:/run' < …`)
})
