import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

export interface Process {
  readonly pid: number
  readonly command: string
}

/** Living processes that belong to a folder: by command line, environment or working folder; our own excepted. */
export function processesOf(folder: string): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => ({ pid: Number(name), command: read(name, 'cmdline').replaceAll('\0', ' ').trim() }))
    .filter(({ pid, command }) => command !== '' && belongs(String(pid), command, folder))
}

/** The state letter in /proc: `T` is stopped; null when the process is gone. */
export function stateOf(pid: number): string | null {
  const stat = read(String(pid), 'stat')
  return stat === '' ? null : stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3)
}

/** How many sockets a process holds. */
export function socketsOf(pid: number): number {
  const folder = `/proc/${pid}/fd`
  return readdirSync(folder).filter((name) => link(`${folder}/${name}`).startsWith('socket:')).length
}

/** Gone with all its threads: a zombie whose threads still end has its sockets open. */
export function isGone(pid: number): boolean {
  const state = stateOf(pid)
  return state === null || ((state === 'Z' || state === 'X') && threadsOf(pid) <= 1)
}

function belongs(pid: string, command: string, folder: string): boolean {
  return (
    command.includes(folder) || read(pid, 'environ').includes(folder) || link(`/proc/${pid}/cwd`).startsWith(folder)
  )
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

function read(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return ''
  }
}

function threadsOf(pid: number): number {
  try {
    return readdirSync(`/proc/${pid}/task`).length
  } catch {
    return 0
  }
}
