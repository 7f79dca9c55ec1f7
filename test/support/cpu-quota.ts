import { mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A control group that bounds the CPU of whoever writes its pid into `procs`; disposing it removes it, once all have left. */
export interface CpuQuota extends Disposable {
  readonly procs: string
}

const PERIOD_US = 100_000

/**
 * A real quota of so many cores, in a group of its own below ours; null where none can be made: not as root, in a container
 * that shows its groups read-only, or in a hierarchy of version 2 that hands no CPU controller down.
 */
export function makeCpuQuota(cores: number): CpuQuota | null {
  const parent = cpuGroup()
  if (parent === null) return null
  let folder: string | null = null
  try {
    folder = mkdtempSync(join(parent.folder, 'seaworthy-test-'))
    const quotaUs = Math.round(cores * PERIOD_US)
    if (parent.version === 2) writeFileSync(join(folder, 'cpu.max'), `${quotaUs} ${PERIOD_US}`)
    else {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US))
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quotaUs))
    }
    const made = folder
    return { procs: join(made, 'cgroup.procs'), [Symbol.dispose]: () => rmdirSync(made) }
  } catch {
    if (folder !== null) rmdirSync(folder)
    return null
  }
}

/** Where our own group of the CPU controller is. */
function cpuGroup(): { readonly folder: string; readonly version: 1 | 2 } | null {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n')
  const groups = readFileSync('/proc/self/cgroup', 'utf8').split('\n')
  const v1 = mounts.find((line) => / - cgroup \S+ (?:\S+,)?cpu(?:,|$)/.test(line))
  const mount = v1 ?? mounts.find((line) => line.includes(' - cgroup2 '))
  const path = groups
    .find((line) => (v1 === undefined ? line.startsWith('0::') : /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:/.test(line)))
    ?.replace(/^\d+:[^:]*:/, '')
  if (mount === undefined || path === undefined) return null
  return { folder: join(mount.split(' ')[4]!, path), version: v1 === undefined ? 2 : 1 }
}
