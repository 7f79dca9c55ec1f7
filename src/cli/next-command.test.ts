import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nameEnvironment } from './next-command.ts'

const production = { name: 'production', isDefault: false }

test('a command to run next is for the environment that this one was for', () => {
  const named = (text: string): string => nameEnvironment(text, production)
  assert.equal(named('`seaworthy resume` ends it'), '`seaworthy resume production` ends it')
  assert.equal(
    named('See `seaworthy status --history`, then `seaworthy deploy --abort`.'),
    'See `seaworthy status production --history`, then `seaworthy deploy production --abort`.',
  )
  assert.equal(named('`seaworthy approve plan.json production`'), '`seaworthy approve plan.json production`')
  for (const text of ['`seaworthy init` writes one', '`seaworthy promote staging test`'])
    assert.equal(named(text), text)
})

test('the environment that commands mean by themselves is not named', () => {
  const text = '`seaworthy resume` ends it'
  assert.equal(nameEnvironment(text, { name: 'local', isDefault: true }), text)
  assert.equal(nameEnvironment(text, null), text)
})
