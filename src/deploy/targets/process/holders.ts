import { readdirSync, readFileSync } from 'node:fs'
import type { Holder, Listener } from '../../diagnosis/evidence.ts'
import { listListeners, socketsOf } from './listeners.ts'

/** Who else listens on these ports of this machine: every listening socket that is not among `own`. */
export function holdersOf(ports: ReadonlySet<number>, own: readonly Listener[]): readonly Holder[] {
  const ours = new Set(own.map(({ inode }) => inode))
  const others = listListeners().filter(({ port, inode }) => ports.has(port) && !ours.has(inode))
  if (others.length === 0) return []
  const owners = ownersOf(new Set(others.map(({ inode }) => inode)))
  return others.map(({ port, address, inode }) => {
    const pid = owners.get(inode) ?? null
    return {
      port,
      address,
      pid,
      command: pid === null ? '' : commandOf(pid),
      instance: pid === null ? null : markOf(pid),
    }
  })
}

/** Socket → the first process that has it open. A look at every process, made only when somebody is in the way. */
function ownersOf(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const owners = new Map<string, number>()
  for (const pid of readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)) {
    for (const inode of socketsOf(pid)) if (inodes.has(inode) && !owners.has(inode)) owners.set(inode, pid)
  }
  return owners
}

function commandOf(pid: number): string {
  return read(`/proc/${pid}/cmdline`)
    .replaceAll(/[\0\s]+/g, ' ')
    .trim()
}

/** The instance whose mark it carries: see `processesOf`. */
function markOf(pid: number): string | null {
  const marks = read(`/proc/${pid}/environ`).split('\0')
  return marks.find((one) => one.startsWith('INSTANCE='))?.slice('INSTANCE='.length) ?? null
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
