import type { Measured } from '../source.ts'

/** USER_HZ, in which /proc counts: 100 on every Linux that Node runs on. */
export const TICKS_PER_SECOND = 100

/** `cpu  user nice system idle iowait irq softirq steal …`; guest time is a part of user. */
const MODES = ['user', 'nice', 'system', 'idle', 'iowait', 'irq', 'softirq', 'steal'] as const

/** What /proc/stat says: CPU time by mode since the machine's start, and cores. */
export function cpuFacts(stat: string): readonly Measured[] {
  const lines = stat.split('\n')
  const ticks = lines[0]!.split(/\s+/).slice(1).map(Number)
  const cores = lines.filter((line) => /^cpu\d/.test(line)).length
  return [
    ...MODES.map((mode, index) => ({
      metric: 'seaworthy_host_cpu_seconds_total',
      labels: { mode },
      value: (ticks[index] ?? 0) / TICKS_PER_SECOND,
    })),
    gauge('seaworthy_host_cpu_cores', cores),
  ]
}

/** What /proc/loadavg says, of the last minute. */
export function loadFacts(loadavg: string): readonly Measured[] {
  return [gauge('seaworthy_host_load', Number(loadavg.split(' ')[0]))]
}

/** What /proc/meminfo says. Available is the kernel's own estimate; free would be close to nothing on every healthy machine. */
export function memoryFacts(meminfo: string): readonly Measured[] {
  const bytes = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
  return [
    gauge('seaworthy_host_memory_bytes', bytes('MemTotal')),
    gauge('seaworthy_host_memory_available_bytes', bytes('MemAvailable')),
    gauge('seaworthy_host_swap_bytes', bytes('SwapTotal')),
    gauge('seaworthy_host_swap_used_bytes', bytes('SwapTotal') - bytes('SwapFree')),
  ]
}

/** What /proc/sys/fs/file-nr says: open, unused (always 0), at most. */
export function descriptorFacts(fileNr: string): readonly Measured[] {
  const [open, , most] = fileNr.trim().split(/\s+/).map(Number)
  return [gauge('seaworthy_host_descriptors', open!), gauge('seaworthy_host_descriptors_limit', most!)]
}

/** Devices beyond these are left out: a host of containers has one for each of them, under names that never come again. */
const DEVICES_MAX = 16
/** What a machine says to itself, and the ends of what it plays for others. */
const UNREAL = /^(?:lo$|veth|docker|br-|virbr|cali|flannel|cni|ifb|tap|tun|dummy)/

/** What /proc/net/dev says of the devices that lead out of the machine. */
export function networkFacts(netDev: string): readonly Measured[] {
  const devices = netDev
    .split('\n')
    .flatMap((line) => {
      const [, device, counts] = /^\s*([^\s:]+):(.*)$/.exec(line) ?? []
      return device === undefined || UNREAL.test(device)
        ? []
        : [{ device, counts: counts!.trim().split(/\s+/).map(Number) }]
    })
    .slice(0, DEVICES_MAX)
  return devices.flatMap(({ device, counts }) =>
    (['receive', 'transmit'] as const).flatMap((direction, side) =>
      // Eight fields of each direction: bytes, packets, errors, drops …
      (['bytes', 'errors', 'drops'] as const).map((what, nth) => ({
        metric: `seaworthy_host_network_${what}_total`,
        labels: { device, direction },
        value: counts[side * 8 + [0, 2, 3][nth]!]!,
      })),
    ),
  )
}

function gauge(metric: string, value: number): Measured {
  return { metric, labels: {}, value }
}
