import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** On how many cores a process may run at all (its affinity, its cpuset); null: it is gone, or nothing is said. */
export function allowedCores(pid: number, root = '/'): number | null {
  const list = /^Cpus_allowed_list:\s+(\S+)$/m.exec(read(join(root, `proc/${pid}/status`)))?.[1]
  if (list === undefined) return null
  // `0-3,8`: ranges and single cores.
  return list
    .split(',')
    .map((part) => part.split('-').map(Number))
    .reduce((sum, [first, last = first]) => sum + (last! - first! + 1), 0)
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
