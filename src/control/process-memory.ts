import { readdirSync, readFileSync } from 'node:fs'

interface Process {
  readonly pid: number
  readonly parent: number
  readonly session: number
}

/** The processes of several programs at once: each program, its session, and all that descends from it. */
export function membersOf(leaders: readonly number[]): ReadonlyMap<number, readonly number[]> {
  const all = new Map(listProcesses().map((one) => [one.pid, one]))
  const members = new Map<number, number[]>(leaders.map((leader) => [leader, []]))
  for (const { pid, session } of all.values()) {
    const leader = members.has(session) ? session : ancestorAmong(pid, members, all)
    if (leader !== null) members.get(leader)!.push(pid)
  }
  return members
}

/** Memory that these processes hold, in bytes: resident pages. Those that they share are counted for each of them. */
export function residentBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + kibibytes(`/proc/${pid}/status`, 'VmRSS'), 0)
}

/** The same with shared pages divided among those that share them; dearer to ask. As good as resident where it is denied. */
export function proportionalBytes(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    return sum + (kibibytes(`/proc/${pid}/smaps_rollup`, 'Pss') || kibibytes(`/proc/${pid}/status`, 'VmRSS'))
  }, 0)
}

/** How often the kernel has killed for want of memory, on this machine since its boot; null where it does not tell. */
export function kernelKills(): number | null {
  const count = /^oom_kill (\d+)$/m.exec(read('/proc/vmstat'))?.[1]
  return count === undefined ? null : Number(count)
}

function ancestorAmong(
  pid: number,
  leaders: ReadonlyMap<number, unknown>,
  all: ReadonlyMap<number, Process>,
): number | null {
  // A pid that was reused between two reads could make a circle.
  for (let one = all.get(pid), depth = 0; one !== undefined && depth < 100; one = all.get(one.parent), depth++) {
    if (leaders.has(one.pid)) return one.pid
  }
  return null
}

/** Fields 4 and 6 of /proc/PID/stat, counted behind the name, which may hold anything. */
function listProcesses(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = read(`/proc/${name}/stat`)
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return stat === '' ? [] : [{ pid: Number(name), parent: Number(fields[1]), session: Number(fields[3]) }]
    })
}

/** Lines such as `VmRSS:     1234 kB`, in bytes; 0 for a process that is gone. */
function kibibytes(file: string, key: string): number {
  return Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(read(file))?.[1] ?? 0) * 1024
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
