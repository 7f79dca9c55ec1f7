import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findOwn, listVolumes, readEngine, stopOwn } from './own-commands.ts'

const PLACE = { app: 'shop', environment: 'staging' }
const NAME = 'seaworthy_shop_staging_seaworthy'

test("the commands around Seaworthy's own container, word by word", () => {
  assert.deepEqual(findOwn(null, PLACE).argv, [
    'docker',
    'ps',
    '--all',
    '--no-trunc',
    '--quiet',
    '--filter',
    `name=^/${NAME}$`,
  ])
  assert.deepEqual(
    listVolumes(null, PLACE).argv,
    [
      ['docker', 'volume', 'ls', '--format', '{{.Name}}'],
      ['--filter', 'label=seaworthy.app=shop', '--filter', 'label=seaworthy.environment=staging'],
    ].flat(),
  )
  assert.deepEqual(readEngine('ssh://deploy@host').argv, [
    'docker',
    '--host',
    'ssh://deploy@host',
    'info',
    '--format',
    '{{.NCPU}} {{.ServerVersion}}',
  ])
})

test('it is given longer to end than its own grace', () => {
  const { argv, timeoutMs, mayFail } = stopOwn(null, PLACE)
  assert.deepEqual([argv, mayFail], [['docker', 'stop', NAME], true])
  assert.ok(timeoutMs > 90_000)
})
