import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../../../test/support/project.ts'
import { usageBySession } from './usage.ts'

void test('a session is seen with the work and the memory of all its processes', async () => {
  const burn = 'const { spawn } = require("node:child_process"); const until = Date.now() + 60_000; '
  const program = `${burn} if (!process.argv[1]) spawn(process.execPath, ["-e", ${JSON.stringify(burn)} + "while (Date.now() < until);", "child"]); setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['-e', program], { detached: true, stdio: 'ignore' })
  try {
    // The leader does nothing: what is seen is its child's.
    await until(() => (usageBySession().get(child.pid!)?.cpuSeconds ?? 0) > 0.5, 'the work of the child')
    assert.ok(usageBySession().get(child.pid!)!.residentBytes > 2 * 20 * 1024 * 1024, 'two programs of Node')
  } finally {
    process.kill(-child.pid!, 'SIGKILL')
  }
  await until(() => !usageBySession().has(child.pid!), 'the session to be gone')
})

void test('names with parentheses, zombies and half-read processes are no trouble', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-proc-'))
  const add = (pid: number, stat: string, status: string): void => {
    mkdirSync(join(folder, String(pid)))
    if (stat !== '') writeFileSync(join(folder, String(pid), 'stat'), stat)
    writeFileSync(join(folder, String(pid), 'status'), status)
  }
  add(10, `10 (a) 1 (b) S 1 10 10 0 -1 4194304 1 0 0 0 150 50 25 25 20 0`, 'Name:\ta\nVmRSS:\t    100 kB\n')
  add(11, `11 (node) R 10 10 10 0 -1 4194304 1 0 0 0 300 0 0 0 20 0`, 'VmRSS:\t    200 kB\n')
  add(12, `12 (gone) Z 10 10 10 0 -1 4194304 1 0 0 0 0 0 0 0 20 0`, 'Name:\tgone\n')
  add(13, '', '')
  assert.deepEqual(
    [...usageBySession(folder)],
    [[10, { cpuSeconds: 5.5, residentBytes: 300 * 1024, processes: [11, 10, 12] }]],
  )
  rmSync(folder, { recursive: true })
})
