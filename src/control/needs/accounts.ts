import { readFileSync } from 'node:fs'
import { Problem } from '../../core/problem.ts'

export interface Account {
  readonly uid: number
  readonly gid: number
}

/**
 * The account that a server runs as: one of its own where we are root, else ours (null).
 * @throws Problem `need.no-account` when root finds no account of that name
 */
export function accountFor(name: string): Account | null {
  if (process.getuid?.() !== 0) return null
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([account]) => account === name)
  if (entry !== undefined) return { uid: Number(entry[2]), gid: Number(entry[3]) }
  throw new Problem('need.no-account', `root runs no server as itself, and there is no account '${name}'`, {
    hint: `Make it with \`useradd --system ${name}\`, or do not run as root.`,
  })
}
