import { readdirSync, readFileSync } from 'node:fs'
import { TICKS_PER_SECOND } from '../host/facts.ts'

/** What the processes of one session have used. */
export interface Usage {
  /** Seconds of CPU since they began, of those that have ended and were waited for too. */
  readonly cpuSeconds: number
  /** Resident memory. Pages that processes share count for each of them. */
  readonly residentBytes: number
  /** Their pids, those first that have used most CPU. */
  readonly processes: readonly number[]
}

/** The use of every wanted session on this machine, by the pid of its leader: an instance is a session of its own. @default all */
export function usageBySession(
  procFolder = '/proc',
  isWanted: (session: number) => boolean = () => true,
): ReadonlyMap<number, Usage> {
  const sessions = new Map<number, Sum>()
  for (const name of readdirSync(procFolder)) {
    if (!/^\d+$/.test(name)) continue
    const stat = read(`${procFolder}/${name}/stat`)
    // The name in the second field may hold blanks and parentheses: the fields are counted behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const session = Number(fields[3])
    if (!(session > 0) || !isWanted(session)) continue
    const ticks = [11, 12, 13, 14].reduce((sum, field) => sum + Number(fields[field]), 0)
    const sum = sessions.get(session) ?? { ticks: 0, residentBytes: 0, processes: [] }
    sessions.set(session, sum)
    sum.ticks += ticks
    sum.residentBytes += residentOf(read(`${procFolder}/${name}/status`))
    sum.processes.push({ pid: Number(name), ticks })
  }
  return new Map([...sessions].map(([session, sum]) => [session, usageOf(sum)]))
}

interface Sum {
  ticks: number
  residentBytes: number
  readonly processes: { readonly pid: number; readonly ticks: number }[]
}

function usageOf({ ticks, residentBytes, processes }: Sum): Usage {
  return {
    cpuSeconds: ticks / TICKS_PER_SECOND,
    residentBytes,
    processes: processes.toSorted((one, other) => other.ticks - one.ticks).map(({ pid }) => pid),
  }
}

/** `VmRSS:      1234 kB`; a zombie has none. */
function residentOf(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Gone between the listing and the look.
    return ''
  }
}
