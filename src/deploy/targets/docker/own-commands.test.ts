import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findOwn, listVolumes, readEngine, readRecords, stopOwn } from './own-commands.ts'

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

test("control's files are read by a container that may do nothing else and leaves nothing", () => {
  const { argv, mayFail } = readRecords('ssh://deploy@host', PLACE, 'seaworthy:1', '{"ask":"files"}')
  assert.equal(mayFail, undefined)
  assert.deepEqual(
    argv,
    [
      ['docker', '--host', 'ssh://deploy@host'],
      [
        'run',
        '--rm',
        '--pull',
        'never',
        '--log-driver',
        'none',
        '--no-healthcheck',
        '--network',
        'none',
        '--read-only',
      ],
      ['--cap-drop', 'ALL', '--security-opt', 'no-new-privileges:true', '--pids-limit', '512'],
      ['--mount', 'type=volume,source=seaworthy_shop_staging_state,target=/var/lib/seaworthy,readonly'],
      ['--entrypoint', 'node', 'seaworthy:1', '/seaworthy/records', '/var/lib/seaworthy', '{"ask":"files"}'],
    ].flat(),
  )
})
