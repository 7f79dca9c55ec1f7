import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { splitWords } from '../core/words.ts'
import { inFolder, inOrder, plainProgram, quote } from './shell.ts'

/** What a command of a config runs, as the target runs it: split, without a shell. */
function run(command: string): string {
  const split = splitWords(command)
  assert.ok(split.ok, command)
  const [program = '', ...rest] = split.words
  return spawnSync(program, rest, { encoding: 'utf8', cwd: '/' }).stdout
}

test('one step stays as it is; several run in order until one fails', () => {
  assert.equal(inOrder(['npm ci']), 'npm ci')
  assert.equal(run(inOrder(['echo a', "echo 'b  c'"])), 'a\nb  c\n')
  assert.equal(run(inOrder(['echo a', 'false', 'echo c'])), 'a\n')
})

test('a step that begins with an assignment needs a shell', () => {
  assert.equal(run(inOrder(['A=x sh -c \'echo "$A"\''])), 'x\n')
})

test('a program in another folder replaces the shell', () => {
  assert.equal(run(inFolder('usr/bin', 'pwd')), '/usr/bin\n')
  assert.match(run(inFolder('tmp', 'sh -c "ps -o args= -p $$"')), /^(?!.*cd tmp)/)
})

test('any word survives quoting', () => {
  for (const word of ["it's", '$HOME', '`id`', 'a b', '"', '\\', "''"]) {
    assert.equal(run(`sh -c ${quote(`printf %s ${quote(word)}`)}`), word)
  }
})

test('a script is a plain program only where no shell is needed', () => {
  assert.deepEqual(plainProgram('NODE_ENV=production A=1 node --enable-source-maps dist/main.js'), {
    command: 'node --enable-source-maps dist/main.js',
    words: ['node', '--enable-source-maps', 'dist/main.js'],
    env: { NODE_ENV: 'production', A: '1' },
  })
  assert.equal(plainProgram('cross-env A=1 node x.js')?.command, 'node x.js')
  for (const script of ['npm run a && node x', 'node $(ls)', 'node x > log', 'node *.js', '', "node 'x"]) {
    assert.equal(plainProgram(script), null, script)
  }
})
