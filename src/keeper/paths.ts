import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { KeeperError } from './errors.ts'

/** The kernel's own limit is 107 bytes. */
const SOCKET_PATH_BYTES_MAX = 100

/**
 * Where the unix socket `name` of a state folder is: `<state>/<name>.sock`, or, where that is longer than the kernel takes,
 * in a private folder under the temporary one. Everyone who meets there needs the same TMPDIR.
 */
export function socketPath(state: string, name: string): string {
  const folder = realpathSync(state)
  const path = join(folder, `${name}.sock`)
  return Buffer.byteLength(path) <= SOCKET_PATH_BYTES_MAX ? path : join(privateFolder(folder), `${name}.sock`)
}

export const recordPath = (state: string): string => join(state, 'keeper.json')

/** Where a child's output goes unless its spec says otherwise. */
export const outputPath = (state: string, name: string): string => join(state, 'logs', `${name}.log`)

export const logPath = (state: string): string => join(state, 'logs', 'keeper.log')

/**
 * The abstract unix socket that is the lock of a state folder. Named after the folder itself (device and inode), since
 * containers that share a network also share these names while `/state` is another folder in each.
 */
export const lockName = (state: string): string => `\0seaworthy-keeper-${folderMark(state)}`

/** What the folder is known by, whatever path leads to it. */
export function folderMark(state: string): string {
  const { dev, ino } = statSync(resolve(state))
  return hash(`${dev}:${ino}`)
}

function privateFolder(state: string): string {
  const owner = process.getuid?.() ?? 0
  const folder = join(tmpdir(), `seaworthy-${owner}-${hash(state)}`)
  mkdirSync(folder, { mode: 0o700, recursive: true })
  const found = lstatSync(folder)
  // Anybody may create names under /tmp: a folder of somebody else's would hand him our sockets.
  if (!found.isDirectory() || found.uid !== owner || (found.mode & 0o077) !== 0) {
    throw new KeeperError('keeper.folder-not-private', `${folder} is not a folder that only its owner can enter`)
  }
  return folder
}

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)
