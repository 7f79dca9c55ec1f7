import { readdirSync, readFileSync } from 'node:fs'
import type { ProcessIdentity } from './protocol.ts'

/** Who runs under `pid` now; undefined when nobody does. */
export function readIdentity(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid)
  return stat && { pid, startTicks: stat.startTicks, bootId: bootId() }
}

/** Whether that very process still runs. A zombie does not, though `kill(pid, 0)` finds it. */
export function isAlive(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false
  const stat = readStat(identity.pid)
  return stat !== undefined && stat.startTicks === identity.startTicks && !isEnded(stat)
}

/**
 * Signals the process, or with `group` the whole group it leads, if it is still that process. False when it is gone.
 * A group outlives its leader, and the kernel gives the leader's number to nobody as long as a member lives.
 */
export function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals, group = false): boolean {
  if (!isAlive(identity) && !(group && hasStrays(identity))) return false
  try {
    process.kill(group ? -identity.pid : identity.pid, signal)
    return true
  } catch {
    return false
  }
}

/** Whether members of the process's group still run though the process itself is gone. */
export function hasStrays(identity: ProcessIdentity): boolean {
  if (identity.bootId !== bootId()) return false
  const leader = readStat(identity.pid)
  if (leader && (leader.startTicks !== identity.startTicks || !isEnded(leader))) return false
  try {
    process.kill(-identity.pid, 0)
  } catch {
    return false
  }
  // The group may be zombies only, which nobody reaps where process 1 is no real init.
  return readdirSync('/proc').some((name) => {
    const stat = /^\d+$/.test(name) ? readStat(Number(name)) : undefined
    return stat !== undefined && stat.group === identity.pid && !isEnded(stat)
  })
}

/** The variable by which a keeper's children are known even when its record of them is lost: `<folder mark>:<name>`. */
export const CHILD_VARIABLE = 'SEAWORTHY_CHILD'

/** The living group leaders that a keeper of this folder started, by name. */
export function findMarked(mark: string): ReadonlyMap<string, ProcessIdentity> {
  const found = new Map<string, ProcessIdentity>()
  const prefix = `${CHILD_VARIABLE}=${mark}:`
  for (const entry of readdirSync('/proc')) {
    const marked = /^\d+$/.test(entry) ? readEnvironment(entry).find((one) => one.startsWith(prefix)) : undefined
    if (marked === undefined) continue
    const stat = readStat(Number(entry))
    const identity = readIdentity(Number(entry))
    // Whatever a child starts carries the mark as well; the child itself leads the group.
    if (!identity || stat?.group !== identity.pid || isEnded(stat)) continue
    // PostgreSQL makes each of its processes the leader of a group: the child is the oldest of them.
    const name = marked.slice(prefix.length)
    const other = found.get(name)
    if (other === undefined || identity.startTicks < other.startTicks) found.set(name, identity)
  }
  return found
}

/** How long those that were killed may take to be gone: the kernel is still tearing them down. */
const GONE_WITHIN_MS = 2_000
const GONE_CHECK_MS = 20

/**
 * Kills what carries the mark of a child, or without `name` of any child of the folder: what it started, whatever session
 * that has opened. Looks until nobody is left, for at most 2 s, since one may start another between look and signal.
 */
export async function endMarked(mark: string, name: string | null): Promise<void> {
  const value = `${CHILD_VARIABLE}=${mark}:${name ?? ''}`
  const isMarked = (one: string): boolean => (name === null ? one.startsWith(value) : one === value)
  const deadline = performance.now() + GONE_WITHIN_MS
  for (;;) {
    const found = readdirSync('/proc').filter(
      (entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid && readEnvironment(entry).some(isMarked),
    )
    if (found.length === 0 || performance.now() > deadline) return
    for (const entry of found) {
      try {
        process.kill(Number(entry), 'SIGKILL')
      } catch {
        // Gone between the look and the signal.
      }
    }
    await new Promise((resolve) => setTimeout(resolve, GONE_CHECK_MS))
  }
}

function readEnvironment(pid: string): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')
  } catch {
    return []
  }
}

interface Stat {
  readonly state: string
  readonly group: number
  readonly startTicks: number
}

function readStat(pid: number): Stat | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return undefined
  }
}

/** The second field is the program's name in parentheses, and may itself hold spaces and parentheses: count from the last one. */
export function parseStat(text: string): Stat | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const [state, , group] = fields
  const startTicks = Number(fields[22 - 3])
  if (state === undefined || !Number.isSafeInteger(startTicks)) return undefined
  return { state, group: Number(group), startTicks }
}

const isEnded = (stat: Stat): boolean => stat.state === 'Z' || stat.state === 'X'

let knownBootId: string | undefined

function bootId(): string {
  knownBootId ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  return knownBootId
}
