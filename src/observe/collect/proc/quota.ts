import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What the control groups of a process allow; null: nothing is said. */
export interface Quota {
  readonly cores: number | null
  readonly memoryBytes: number | null
}

/** Above this a limit of version 1 is the way it says that there is none: the largest number of whole pages. */
const UNLIMITED_BYTES = 2 ** 62

interface Hierarchy {
  readonly at: string
  /** The part of the hierarchy that is mounted there: a container sees its own as the root. */
  readonly root: string
  readonly version: 1 | 2
  readonly controllers: readonly string[]
}

/** The tightest limits on the way from the group of a process up to the root, in control groups of version 1, 2 or both. */
export function quotaOf(pid: number, root = '/'): Quota {
  const mounts = hierarchiesOf(read(join(root, 'proc/self/mountinfo')))
  const groups = read(join(root, `proc/${pid}/cgroup`)).split('\n')
  const cores: number[] = []
  const bytes: number[] = []
  for (const line of groups) {
    // `4:memory:/a/b` of version 1, `0::/a/b` of version 2.
    const [, names, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? []
    if (names === undefined) continue
    const hierarchy = mounts.find(({ version, controllers }) =>
      names === '' ? version === 2 : version === 1 && names.split(',').some((name) => controllers.includes(name)),
    )
    if (hierarchy === undefined) continue
    for (const folder of foldersOf(join(root, hierarchy.at), path!, hierarchy.root)) {
      cores.push(...coresIn(folder, hierarchy.version))
      bytes.push(...bytesIn(folder, hierarchy.version))
    }
  }
  return { cores: leastOf(cores), memoryBytes: leastOf(bytes) }
}

/** The group's folder and those above it, up to where the hierarchy is mounted. */
function foldersOf(mount: string, path: string, root: string): readonly string[] {
  const below = root !== '/' && path.startsWith(root) ? path.slice(root.length) : path
  const names = below.split('/').filter((name) => name !== '' && name !== '..')
  return Array.from({ length: names.length + 1 }, (_, count) => join(mount, ...names.slice(0, count)))
}

function coresIn(folder: string, version: 1 | 2): readonly number[] {
  const [quota, period] =
    version === 2
      ? read(join(folder, 'cpu.max')).trim().split(' ').map(Number)
      : ['quota', 'period'].map((what) => Number(read(join(folder, `cpu.cfs_${what}_us`)) || Number.NaN))
  // `max` is no number, and -1 of version 1 is no quota.
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? [quota / period] : []
}

function bytesIn(folder: string, version: 1 | 2): readonly number[] {
  const text = read(join(folder, version === 2 ? 'memory.max' : 'memory.limit_in_bytes')).trim()
  return /^\d+$/.test(text) && Number(text) < UNLIMITED_BYTES ? [Number(text)] : []
}

/** `36 35 0:29 /root /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct` */
function hierarchiesOf(mountinfo: string): readonly Hierarchy[] {
  return mountinfo.split('\n').flatMap((line): Hierarchy[] => {
    const [before, after] = line.split(' - ')
    const [type, , options] = after?.split(' ') ?? []
    const [, , , root, at] = before!.split(' ')
    if (type !== 'cgroup' && type !== 'cgroup2') return []
    return [{ at: at!, root: root!, version: type === 'cgroup' ? 1 : 2, controllers: options?.split(',') ?? [] }]
  })
}

function leastOf(values: readonly number[]): number | null {
  return values.length === 0 ? null : Math.min(...values)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // The controller is not there, or the process is gone.
    return ''
  }
}
