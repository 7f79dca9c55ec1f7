import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { configKeys } from '../docs/generate/config-page.ts'
import { pages } from '../docs/generate/pages.ts'
import { makeProgram } from '../src/cli/main.ts'

const root = join(import.meta.dirname, '..')

for (const [path, text] of Object.entries(await pages())) {
  test(`${path} says what the code says`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), text, `${path} is out of date: npm run docs`)
  })
}

test('every key has a meaning, and a default that the schema fills in is the one its description names', () => {
  assert.ok(configKeys.length > 150, `${configKeys.length} keys`)
  for (const { path, description, filledIn } of configKeys) {
    assert.notEqual(description, '', path.join('.'))
    if (filledIn === null) continue
    assert.match(description, new RegExp(`Default:?.*${String(filledIn).replace('.', '\\.')}`), path.join('.'))
  }
})

test('every argument and option of a command has a meaning, and tells its default as commander does', async () => {
  for (const command of (await makeProgram(() => {})).commands) {
    for (const { description } of [...command.registeredArguments, ...command.options])
      assert.notEqual(description, '', command.name())
    assert.doesNotMatch(command.helpInformation(), /@default/)
  }
})
