import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { Problem } from '../core/problem.ts'
import { checkConfig, loadConfig } from './index.ts'

const FIXTURES = join(import.meta.dirname, '../../test/fixtures/configs')
const BROKEN = readdirSync(FIXTURES).filter((name) => /^\d\d-/.test(name))

/** Only the config that hangs is cut early; on a slow machine another one may take its time. */
const LIMIT_MS = 100

async function problemOf(name: string): Promise<Problem> {
  try {
    const loaded = await loadConfig(join(FIXTURES, name), name.endsWith('-hanging-import') ? { limitMs: LIMIT_MS } : {})
    checkConfig(loaded.raw, loaded.file)
  } catch (thrown) {
    if (thrown instanceof Problem) return thrown
    throw thrown
  }
  throw new assert.AssertionError({ message: `${name} is accepted` })
}

test('every broken config is refused with exactly the expected lines', async (context) => {
  assert.ok(BROKEN.length >= 24)
  for (const name of BROKEN) {
    await context.test(name, async () => {
      const { code, message, hint, details } = await problemOf(name)
      const text = [`${code}: ${message}`, `hint: ${hint}`, ...details, ''].join('\n')
      const shown = text.replaceAll(join(FIXTURES, name), '<folder>')
      const expected = join(FIXTURES, name, 'expected.txt')
      // To accept what is said now: UPDATE_FIXTURES=1, then read the diff.
      if (process.env['UPDATE_FIXTURES'] === '1') writeFileSync(expected, shown)
      assert.equal(shown, existsSync(expected) ? readFileSync(expected, 'utf8') : '')
    })
  }
})

test('every line about a value names its path, the value, what was expected and the cure', async () => {
  for (const name of BROKEN) {
    for (const line of (await problemOf(name)).details) {
      assert.match(line, /^\S.*: (?:got .+, expected .+; .+|unknown key; .+)$/, name)
    }
  }
})
