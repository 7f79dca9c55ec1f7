import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exitText, lastWord } from './exit.ts'

test('an exit code that stands for a signal says which', () => {
  assert.equal(exitText(0), 'exited with 0')
  assert.equal(exitText(3), 'exited with 3')
  assert.equal(exitText(137), 'exited with 137 (SIGKILL)')
  assert.equal(exitText(143), 'exited with 143 (SIGTERM)')
})

test('the last line that tells something wins over the last one', () => {
  assert.equal(lastWord(['starting', 'Error: DB_URL is not set', 'bye']), ': Error: DB_URL is not set')
  assert.equal(lastWord(['starting', 'bye']), ': bye')
  assert.equal(lastWord([]), '')
  assert.equal(lastWord([`fatal ${'x'.repeat(500)}`]).length, 202)
})
