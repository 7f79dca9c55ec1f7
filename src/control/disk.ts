import { statfsSync } from 'node:fs'
import type { DiskStatus } from './api/contract.ts'

/** A state folder with less than this is as good as full: a single deploy writes more. */
const ROOM_BYTES_MIN = 1024 * 1024

/** How the disk of the state folder is; `waiting` are changes that found no room. */
export function diskOf(folder: string, waiting: number): DiskStatus {
  const { bavail, bsize } = statfsSync(folder)
  const bytesLeft = bavail * bsize
  return { folder, isFull: waiting > 0 || bytesLeft < ROOM_BYTES_MIN, bytesLeft, waiting }
}
