import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../config/index.ts'
import { canonicalJson } from '../core/canonical-json.ts'
import { COMMENT_LENGTH_MAX, plainOf, reasonsOf, textOf, type Entry } from './config-text.ts'

const HOSTILE = [
  `'); process.exit(7); ('`,
  '\n})\nprocess.exit(7)\n',
  '\u2028process.exit(7)',
  '\u2029process.exit(7)',
  '\r\nprocess.exit(7)',
  '*/ process.exit(7) /*',
  '${process.exit(7)}`',
  '\\',
  `"'\\`,
  '</script>',
  'x'.repeat(10_000),
  '\u0000\u001b[31m',
]

test('whatever a project holds, the text reads back as the value and runs nothing', async () => {
  const entries = HOSTILE.flatMap((text, index): readonly Entry[] => [
    { key: `key${index}`, value: text, because: [text, `${text} and more`] },
    { key: text, value: [text, text], because: [text] },
    { key: `inner${index}`, value: [{ key: text, value: index, because: [text] }], because: [] },
    {
      key: `call${index}`,
      value: { call: 'postgres', options: [{ key: 'version', value: text, because: [] }] },
      because: [text],
    },
  ])
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-text-'))
  try {
    const file = join(folder, 'seaworthy.config.ts')
    const text = textOf(entries, HOSTILE)
    writeFileSync(file, text)
    assert.equal((await loadConfig(file)).canonical, canonicalJson(plainOf(entries)))
    const comments = text.split('\n').filter((line) => line.trim().startsWith('//'))
    assert.equal(comments.length, HOSTILE.length * 6)
    assert.ok(comments.every((line) => line.trim().length <= COMMENT_LENGTH_MAX + 5))
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('each line that was inferred is listed with its path, its value and the reason', () => {
  const entries: readonly Entry[] = [
    {
      key: 'needs',
      value: [
        {
          key: 'db',
          value: { call: 'postgres', options: [{ key: 'version', value: '17', because: [] }] },
          because: ['a', 'b'],
        },
      ],
      because: [],
    },
    { key: 'port', value: 3000, because: ['server.js:1'] },
    { key: 'target', value: 'process', because: [] },
  ]
  assert.deepEqual(reasonsOf(entries), [
    { path: 'needs.db', value: "postgres({ version: '17' })", because: 'a; b' },
    { path: 'port', value: '3000', because: 'server.js:1' },
  ])
})
