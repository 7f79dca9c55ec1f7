import {
  chownSync,
  closeSync,
  fchownSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import type { Account } from './accounts.ts'

/** Writes a file that only its owner can read, and that a server's account owns; null as text removes it. */
export function ownFile(path: string, text: string | null, account: Account | null): void {
  if (text !== null && isSame(path, text)) return
  // Never through a link that the account may have left there.
  rmSync(path, { force: true })
  if (text === null) return
  const file = openSync(path, 'wx', 0o600)
  try {
    writeFileSync(file, text)
    if (account !== null) fchownSync(file, account.uid, account.gid)
  } finally {
    closeSync(file)
  }
}

/** Makes a folder that only a server's account can enter. */
export function ownFolder(path: string, account: Account | null): void {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  if (account !== null) chownSync(path, account.uid, account.gid)
}

/** On a full disk a file that need not change is better left alone. */
function isSame(path: string, text: string): boolean {
  return (lstatSync(path, { throwIfNoEntry: false })?.isFile() ?? false) && readFileSync(path, 'utf8') === text
}
