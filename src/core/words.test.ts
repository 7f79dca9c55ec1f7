import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { expandWords, joinWords, splitWords } from './words.ts'

function words(command: string): readonly string[] {
  const split = splitWords(command)
  assert.ok(split.ok, command)
  return split.words
}

test('a command splits as /bin/sh splits it', () => {
  const commands = [
    'node src/main.ts',
    "  a   b\tc  'd e'  ",
    `x "a b" 'c d' e\\ f`,
    `"a\\"b" 'a\\b' "a\\b" a\\\\b`,
    `'' "" a''b`,
    `a"b c"d'e f'g`,
    `--x='1 2' --y="3 \\$4"`,
    'a\\\nb "c\\\nd"',
    `'it'\\''s'`,
    "'&&' '|' a\\;b",
  ]
  for (const command of commands) {
    const shell = execFileSync('/bin/sh', ['-c', `for word in ${command}; do printf '%s\\0' "$word"; done`])
    assert.deepEqual(words(command), shell.toString().split('\0').slice(0, -1), command)
  }
})

test('words become a command that splits into the same words, here and in /bin/sh', () => {
  const lists = [
    ['npm', 'ci', '--omit=dev'],
    ['sh', '-c', 'npm ci && npm run build'],
    [
      'node',
      '-e',
      `console.log("it's")`,
      '',
      '$HOME',
      '*.ts',
      '~',
      '#',
      '`id`',
      '$(id)',
      'a\\b',
      'a\nb',
      "'",
      '&&',
      '{a,b}',
    ],
  ]
  for (const list of lists) {
    const command = joinWords(list)
    const shell = execFileSync('/bin/sh', ['-c', `for word in ${command}; do printf '%s\\0' "$word"; done`])
    assert.deepEqual(shell.toString().split('\0').slice(0, -1), list, command)
    assert.deepEqual(words(command), list, command)
  }
  assert.equal(joinWords(lists[0]!), 'npm ci --omit=dev')
  assert.equal(joinWords(lists[1]!), "sh -c 'npm ci && npm run build'")
})

test('nothing is expanded', () => {
  assert.deepEqual(words('echo $HOME *.ts ~ `id` $(id) # no comment'), [
    'echo',
    '$HOME',
    '*.ts',
    '~',
    '`id`',
    '$(id)',
    '#',
    'no',
    'comment',
  ])
})

test('an unclosed quote and a trailing backslash are errors with their position', () => {
  assert.deepEqual(splitWords(`node 'a b`), { ok: false, reason: "the quote ' is never closed", at: 5 })
  assert.deepEqual(splitWords(`node a"b`), { ok: false, reason: 'the quote " is never closed', at: 6 })
  assert.deepEqual(splitWords('node \\'), { ok: false, reason: 'a backslash ends the command', at: 5 })
})

test('what only a shell can do is refused where it stands', () => {
  for (const operator of ['&&', '||', '|', ';', '>', '>>', '<', '&', '2>&1']) {
    assert.deepEqual(splitWords(`npm ci ${operator} b`), {
      ok: false,
      reason: `${operator} needs a shell, and commands run without one`,
      at: 7,
    })
  }
})

test('variables expand in place, unknown ones stay, $$ is a dollar', () => {
  const variables = { PORT: '3000', HOST: '::1', EMPTY: '' }
  assert.deepEqual(
    expandWords(['$PORT', '${PORT}1', '$PORTS', '$HOST:$PORT', '$$PORT', '$$$PORT', '${X}', '$', '$EMPTY'], variables),
    ['3000', '30001', '$PORTS', '::1:3000', '$PORT', '$3000', '${X}', '$', ''],
  )
  assert.deepEqual(expandWords(['$toString', '$A'], { A: '$PORT $& a b' }), ['$toString', '$PORT $& a b'])
})
