import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { ServerPlace } from './engine.ts'
import { withOwnWay } from './own-way.ts'

test('a command is told its folder by path, or by a descriptor where its account could not come that way', (t) => {
  const data = mkdtempSync(join(tmpdir(), 'seaworthy-way-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  writeFileSync(join(data, 'file'), 'found')
  const read = (folder: string): readonly [string, ...string[]] => ['cat', join(folder, 'file')]
  assert.deepEqual(withOwnWay({ data, account: null } as ServerPlace, read), ['cat', join(data, 'file')])

  const account = { uid: 1, gid: 1 }
  const [program, ...args] = withOwnWay({ data, account } as ServerPlace, (folder) => read(folder))
  assert.ok(!args.join(' ').includes(data))
  assert.equal(spawnSync(program, args, { cwd: data, encoding: 'utf8' }).stdout, 'found')
})
