import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkConfig, loadConfig } from '../config/index.ts'
import { propose } from './init.ts'

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/projects')
const NAMES = readdirSync(FIXTURES)

test('for every kind of project the config is exactly the expected one, and passes the checks', async (context) => {
  assert.ok(NAMES.length >= 12)
  for (const name of NAMES) {
    await context.test(name, async () => {
      const { text, notes, secrets } = propose(join(FIXTURES, name))
      const shown = [
        text,
        ...secrets.map((secret) => `secret: ${secret}`),
        ...notes.map((note) => `note: ${note}`),
        '',
      ].join('\n')
      const expected = join(FIXTURES, name, 'expected.txt')
      // To accept what is written now: UPDATE_FIXTURES=1, then read the diff.
      if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(expected, shown)
      assert.equal(shown, existsSync(expected) ? readFileSync(expected, 'utf8') : '')
      const folder = mkdtempSync(join(tmpdir(), 'seaworthy-init-'))
      try {
        const file = join(folder, 'seaworthy.config.ts')
        writeFileSync(file, text)
        checkConfig((await loadConfig(file)).raw, file)
      } finally {
        rmSync(folder, { recursive: true })
      }
    })
  }
})

test('no value of a secret gets from a project into what is written or said', () => {
  let planted = 0
  for (const name of NAMES) {
    const folder = join(FIXTURES, name)
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (/\.env|compose\.yaml/.test(file) && readFileSync(join(folder, file), 'utf8').includes('do-not-copy-me'))
        planted++
    }
    assert.ok(!JSON.stringify(propose(folder)).includes('do-not-copy-me'), name)
  }
  assert.ok(planted >= 4, `${planted} files hold a planted value`)
})
