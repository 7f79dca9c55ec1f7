import { readFileSync, readlinkSync } from 'node:fs'

/** Who a process is: a pid alone is reused; with its start, its boot and the namespace that numbered it, it is not. */
export interface ProcessIdentity {
  readonly pid: number
  /** Field 22 of /proc/PID/stat: clock ticks after boot. */
  readonly startTicks: number
  readonly bootId: string
  /** `pid:[4026531836]`: in another one (a container) the same number is another process. */
  readonly pidNamespace: string
}

/** Who we are; null where the system does not tell (no /proc). */
export function ownIdentity(): ProcessIdentity | null {
  const stat = readStat(process.pid)
  const place = readPlace()
  return stat === null || place === null ? null : { pid: process.pid, startTicks: stat.startTicks, ...place }
}

/**
 * True only when this process cannot come back: it was numbered here, in this boot, and the number is free, a zombie's or
 * somebody else's by now. False whenever there is a doubt: another host, another container, a /proc that hides processes.
 */
export function isProvablyGone({ pid, startTicks, bootId, pidNamespace }: ProcessIdentity): boolean {
  const here = readPlace()
  if (here === null || here.bootId !== bootId || here.pidNamespace !== pidNamespace) return false
  const now = readStat(pid)
  if (now === null) return !numberIsTaken(pid)
  return now.startTicks !== startTicks || now.state === 'Z' || now.state === 'X'
}

export function isSameProcess(one: ProcessIdentity, other: ProcessIdentity): boolean {
  return (
    one.pid === other.pid &&
    one.startTicks === other.startTicks &&
    one.bootId === other.bootId &&
    one.pidNamespace === other.pidNamespace
  )
}

/** A /proc mounted with `hidepid` shows no stranger's process; the kernel still says that the number is in use. */
function numberIsTaken(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}

/** `pid (comm) state …`; comm may hold spaces and parentheses, so the fields begin after the last one. */
function readStat(pid: number): { state: string; startTicks: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0]!, startTicks: Number(fields[19]) }
  } catch {
    return null
  }
}

function readPlace(): { bootId: string; pidNamespace: string } | null {
  try {
    return {
      bootId: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(),
      pidNamespace: readlinkSync('/proc/self/ns/pid'),
    }
  } catch {
    return null
  }
}
