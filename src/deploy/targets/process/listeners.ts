import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Listener } from '../../diagnosis/evidence.ts'

/** The listening TCP sockets of this machine, from /proc/net. */
export function listListeners(): readonly Listener[] {
  return [...parseTable(read('/proc/net/tcp')), ...parseTable(read('/proc/net/tcp6'))]
}

/** An instance as its processes know it: the mark in their environment, and the leader of their session. */
export interface Marked {
  readonly id: string
  readonly pid: number | null
  /** Its folder: another copy of the project, or another environment, has instances of the same id. @default any */
  readonly folder?: string
}

/**
 * Processes of an instance: those that carry its id in their environment, the program and all it started, whatever
 * sessions they opened; and those of its session, since a program may write its title over its environment, as nginx does.
 */
export function processesOf({ id, pid, folder }: Marked): readonly number[] {
  const marks = [`INSTANCE=${id}`, ...(folder === undefined ? [] : [`INSTANCE_DIR=${folder}`])]
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((one) => {
      const environment = read(`/proc/${one}/environ`).split('\0')
      return marks.every((mark) => environment.includes(mark)) || (pid !== null && sessionOf(one) === pid)
    })
}

/** Field 6 of /proc/PID/stat, counted behind the name, which may hold anything. */
function sessionOf(pid: number): number {
  const stat = read(`/proc/${pid}/stat`)
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[3])
}

/** The sockets that a process has open, by inode. */
export function socketsOf(pid: number): ReadonlySet<string> {
  const inodes = new Set<string>()
  try {
    for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
      const target = safeLink(`/proc/${pid}/fd/${descriptor}`)
      const inode = /^socket:\[(\d+)\]$/.exec(target)?.[1]
      if (inode !== undefined) inodes.add(inode)
    }
  } catch {
    // Gone, or not ours to look at.
  }
  return inodes
}

/** What an instance listens on. */
export function listenersOf(instance: Marked): readonly Listener[] {
  const inodes = new Set(processesOf(instance).flatMap((pid) => [...socketsOf(pid)]))
  return listListeners().filter(({ inode }) => inodes.has(inode))
}

/** Lines such as `0: 0100007F:1F90 00000000:0000 0A …  inode`: address and port in hexadecimal, state 0A is LISTEN. */
export function parseTable(text: string): readonly Listener[] {
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === '0A')
    .map((fields) => {
      const [address = '', port = ''] = fields[1]!.split(':')
      return { address: parseAddress(address), port: Number.parseInt(port, 16), inode: fields[9]! }
    })
}

/** Each 32-bit word is in the machine's byte order; little-endian is all we run on. */
function parseAddress(hex: string): string {
  const bytes = Buffer.from(hex, 'hex')
  bytes.swap32()
  if (bytes.length === 4) return bytes.join('.')
  if (bytes.every((byte) => byte === 0)) return '::'
  if (bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15] === 1) return '::1'
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff
  if (isMapped) return `::ffff:${bytes.subarray(12).join('.')}`
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':')
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function safeLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
