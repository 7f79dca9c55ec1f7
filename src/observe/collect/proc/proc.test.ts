import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { until } from '../../../../test/support/project.ts'
import { allowedCores } from './cores.ts'
import { descriptorsOf } from './descriptors.ts'
import { quotaOf } from './quota.ts'

/** A machine made of files. */
function machine(files: Readonly<Record<string, string>>): { readonly root: string } & Disposable {
  const root = mkdtempSync(join(tmpdir(), 'seaworthy-machine-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) }
}

const V1 = '31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw'
const mountV1 = (name: string, root = '/') => `32 31 0:29 ${root} /sys/fs/cgroup/${name} rw - cgroup cgroup rw,${name}`
const mountV2 = '38 31 0:35 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw'

void test('version 2: the tightest group on the way up holds', () => {
  using made = machine({
    'proc/self/mountinfo': mountV2,
    'proc/7/cgroup': '0::/system.slice/app.service\n',
    'sys/fs/cgroup/system.slice/cpu.max': '50000 100000\n',
    'sys/fs/cgroup/system.slice/memory.max': 'max\n',
    'sys/fs/cgroup/system.slice/app.service/cpu.max': '200000 100000\n',
    'sys/fs/cgroup/system.slice/app.service/memory.max': '268435456\n',
  })
  assert.deepEqual(quotaOf(7, made.root), { cores: 0.5, memoryBytes: 268_435_456 })
})

void test('version 1: each controller has its own place, and its ways of saying that there is no limit', () => {
  using made = machine({
    'proc/self/mountinfo': [
      V1,
      mountV1('cpu,cpuacct'),
      mountV1('memory'),
      mountV2.replace('/sys/fs/cgroup', '/sys/fs/cgroup/unified'),
    ].join('\n'),
    'proc/7/cgroup': '4:memory:/a\n1:cpu,cpuacct:/a/b\n0::/\n',
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us': '-1\n',
    'sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us': '100000\n',
    'sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us': '150000\n',
    'sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us': '100000\n',
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712\n',
    'sys/fs/cgroup/memory/a/memory.limit_in_bytes': '9223372036854771712\n',
  })
  assert.deepEqual(quotaOf(7, made.root), { cores: 1.5, memoryBytes: null })
})

void test('in a container the group is seen as the root of what is mounted', () => {
  using made = machine({
    'proc/self/mountinfo': [V1, mountV1('cpu', '/docker/3f')].join('\n'),
    'proc/7/cgroup': '1:cpu:/docker/3f/inner\n',
    'sys/fs/cgroup/cpu/inner/cpu.cfs_quota_us': '20000\n',
    'sys/fs/cgroup/cpu/inner/cpu.cfs_period_us': '100000\n',
  })
  assert.equal(quotaOf(7, made.root).cores, 0.2)
})

void test('of a process that is gone nothing is said', () => {
  using made = machine({ 'proc/self/mountinfo': mountV2 })
  assert.deepEqual(quotaOf(7, made.root), { cores: null, memoryBytes: null })
  assert.deepEqual(quotaOf(2 ** 22 + 1), { cores: null, memoryBytes: null })
})

void test('cores are those that a process may run on', () => {
  using made = machine({ 'proc/7/status': 'Name:\ta\nCpus_allowed:\t10f\nCpus_allowed_list:\t0-3,8\n' })
  assert.equal(allowedCores(7, made.root), 5)
  assert.equal(allowedCores(8, made.root), null)
  assert.equal(allowedCores(process.pid), availableParallelism())
})

void test('descriptors are those of the process that is closest to its own limit', async () => {
  const program =
    'const { openSync } = require("node:fs"); for (let n = 0; n < 60; n++) openSync("/dev/null"); process.stdout.write("open"); setInterval(() => {}, 1000)'
  const child = spawn('/bin/sh', ['-c', 'ulimit -n 200; exec "$0" -e "$1"', process.execPath, program], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  try {
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await until(() => said === 'open', 'the files to be open')
    const use = (await descriptorsOf([process.pid, child.pid!]))!
    assert.equal(use.limit, 200)
    assert.ok(use.open >= 60 && use.open < 200, String(use.open))
  } finally {
    child.kill('SIGKILL')
  }
  assert.equal(await descriptorsOf([2 ** 22 + 1]), null)
})

void test('limits are read as the kernel writes them', async () => {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))!
  assert.equal((await descriptorsOf([process.pid]))!.limit, Number(soft))
})
