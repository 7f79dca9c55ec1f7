import assert from 'node:assert/strict'
import { test } from 'node:test'
import { baseEnvironment, renderTemplate } from './launch.ts'

test('a template gets our variables and keeps those of the program it is for', () => {
  const text = 'listen ${PORT}; root $INSTANCE_DIR/www; log_format x "$remote_addr $host $PORTAL";'
  const rendered = renderTemplate(text, { PORT: '20001', INSTANCE_DIR: '/i' })
  assert.equal(rendered, 'listen 20001; root /i/www; log_format x "$remote_addr $host $PORTAL";')
})

test('an instance gets nothing of the environment that control was started in', () => {
  process.env['SOMEBODYS_TOKEN'] = 'x'
  assert.deepEqual(Object.keys(baseEnvironment('/bin')).toSorted(), [
    'HOME',
    'LANG',
    'NODE_ENV',
    'PATH',
    'PYTHONUNBUFFERED',
  ])
  delete process.env['SOMEBODYS_TOKEN']
})
