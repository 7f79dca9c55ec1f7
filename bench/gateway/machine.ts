/** What the machine does: cores, CPU time of process trees, load. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { constants, loadavg } from 'node:os'

/** One for what is measured, one for the load and the upstream. */
export const SERVER_CORE = 0
export const LOAD_CORE = 1

/** CPU time in /proc is counted in these (USER_HZ, 100 on every Linux that Node runs on). */
const TICKS_PER_SECOND = 100

/** Programs the bench needs, and how Debian calls the package. */
const PROGRAMS: Readonly<Record<string, string>> = {
  nginx: 'nginx',
  haproxy: 'haproxy',
  caddy: 'caddy',
  wrk: 'wrk',
  taskset: 'util-linux',
  chrt: 'util-linux',
  openssl: 'openssl',
}

/** @throws Error naming every package that is not there */
export function requirePrograms(): void {
  const missing = Object.keys(PROGRAMS).filter((program) => !isThere(program))
  if (missing.length === 0) return
  const packages = [...new Set(missing.map((program) => PROGRAMS[program]!))]
  throw new Error(`the bench needs ${missing.join(', ')}: apt-get install ${packages.join(' ')}`)
}

function isThere(program: string): boolean {
  try {
    execFileSync('sh', ['-c', `PATH="$PATH:/usr/sbin" command -v ${program}`], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Starts `command` on one core. The caller ends it. */
export function spawnOn(
  core: number | string,
  [program, ...args]: readonly [string, ...string[]],
  options: Parameters<typeof spawn>[2] = {},
): ChildProcess {
  const env = { ...process.env, ...options.env, PATH: `${process.env['PATH']}:/usr/sbin` }
  return spawn('taskset', ['-c', String(core), program, ...args], {
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
    env,
  })
}

/** A busy loop that only runs when the load core would halt: see docs/benchmarks.md. */
export function startSpinner(): ChildProcess {
  return spawnOn(LOAD_CORE, ['chrt', '-i', '0', process.execPath, '-e', 'for(;;){}'])
}

/** Seconds of CPU that the processes and their children have used, user and system. */
export function cpuSeconds(pids: readonly number[]): number {
  const parents = new Map<number, number>()
  for (const entry of readdirSync('/proc')) {
    const fields = /^\d+$/.test(entry) ? statOf(Number(entry)) : null
    if (fields !== null) parents.set(Number(entry), Number(fields[1]))
  }
  const isOurs = (pid: number): boolean =>
    pids.includes(pid) || (parents.has(pid) && parents.get(pid)! > 1 && isOurs(parents.get(pid)!))
  let ticks = 0
  for (const pid of parents.keys()) {
    const fields = isOurs(pid) ? statOf(pid) : null
    if (fields !== null) ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / TICKS_PER_SECOND
}

/** Resident memory of the processes and their children that serve, in bytes. */
export function residentBytes(pids: readonly number[]): number {
  let kib = 0
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue
    const fields = statOf(Number(entry))
    if (fields === null || !(pids.includes(Number(entry)) || pids.includes(Number(fields[1])))) continue
    kib += Number(/^VmRSS:\s+(\d+)/m.exec(readText(`/proc/${entry}/status`) ?? '')?.[1] ?? 0)
  }
  return kib * 1024
}

/** Fields of /proc/PID/stat from `state` on: parent at 1, utime at 11, stime at 12. Null: it has ended. */
function statOf(pid: number): string[] | null {
  const text = readText(`/proc/${pid}/stat`)
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return null
  }
}

/** Share of the machine's time that the hypervisor has kept for others, since boot. */
export function describeMachine(): string {
  const cpu = readText('/proc/stat')!.split('\n')[0]!.split(/\s+/).slice(1).map(Number)
  const steal = (100 * cpu[7]!) / cpu.reduce((sum, value) => sum + value, 0)
  return `load average ${loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')}, steal since boot ${steal.toFixed(2)} %`
}

/** Versions of everything that is compared. */
export function versions(): string {
  const first = (command: string): string =>
    execFileSync('sh', ['-c', `PATH="$PATH:/usr/sbin"; ${command} 2>&1 || true`])
      .toString()
      .split('\n')[0]!
      .trim()
  return [
    `node ${process.versions.node}`,
    first('nginx -v'),
    first('haproxy -v'),
    `caddy ${first('caddy version')}`,
    first('wrk -v'),
  ].join('; ')
}

/** Ends a process and waits until it is gone. */
export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill(constants.signals.SIGTERM)
  const limit = setTimeout(() => child.kill(constants.signals.SIGKILL), 3_000)
  await ended
  clearTimeout(limit)
}
