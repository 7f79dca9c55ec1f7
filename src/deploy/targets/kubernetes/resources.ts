import type { ResolvedService } from '../../../config/resolved.ts'

/** What the scheduler puts aside where `resources` says nothing: our own figures, small enough for a laptop's cluster. */
const CPU_DEFAULT = 0.1
const MEMORY_DEFAULT = 128 * 1024 * 1024
/** Of a node's disk, for /tmp, `writable` and the log: to be put aside, and before a pod is evicted. */
const DISK = { least: '64Mi', most: '1Gi' }

/** As on Docker. */
export const TMP_SIZE = '64Mi'

interface Bounds {
  readonly requests: Readonly<Record<string, string>>
  readonly limits: Readonly<Record<string, string>>
}

/**
 * Memory is put aside whole, so that no neighbour can take it. CPU has no limit: the kernel would hold a program back in
 * every period of 100 ms while cores are idle, and its slowest answers show it.
 */
export function resourcesOf({ cpu, memoryBytesMax: memory }: Pick<ResolvedService, 'cpu' | 'memoryBytesMax'>): Bounds {
  return {
    requests: {
      cpu: cores(cpu ?? CPU_DEFAULT),
      memory: bytes(memory ?? MEMORY_DEFAULT),
      'ephemeral-storage': DISK.least,
    },
    limits: { ...(memory === null ? {} : { memory: bytes(memory) }), 'ephemeral-storage': DISK.most },
  }
}

/** As the API server writes it, so that an unchanged object shows no difference. */
export function cores(count: number): string {
  const milli = Math.max(1, Math.round(count * 1000))
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`
}

/** As the API server writes it. */
export function bytes(count: number): string {
  const whole = Math.round(count)
  const unit = [...UNITS].find(([, size]) => whole >= size && whole % size === 0)
  return unit === undefined ? String(whole) : `${whole / unit[1]}${unit[0]}`
}

const UNITS = [
  ['Ti', 1024 ** 4],
  ['Gi', 1024 ** 3],
  ['Mi', 1024 ** 2],
  ['Ki', 1024],
] as const
