import { statfsSync } from 'node:fs'
import { Problem } from '../../core/problem.ts'
import { engineOf } from './choose.ts'
import type { ServerPlace } from './engine.ts'

/** A disk with less than this is full: PostgreSQL writes its log in pieces of this size. */
const ROOM_BYTES_MIN = 16 * 1024 * 1024

/**
 * A real question over the network, as a service would ask it. Resolves with the server's version.
 * @throws Error with the server's own words; Problem `disk.full` when it answers but can soon write no more
 */
export async function askServer({ need, config, credentials, data }: ServerPlace): Promise<string> {
  const engine = engineOf(config.kind)!
  const version = await engine.probe(engine.urlOf(need, credentials))
  // A cache keeps nothing on the disk.
  if (config.kind === 'postgres' || config.role === 'store') checkRoom(data)
  return version
}

function checkRoom(folder: string): void {
  const { bavail, bsize } = statfsSync(folder)
  if (bavail * bsize >= ROOM_BYTES_MIN) return
  const left = Math.floor((bavail * bsize) / 1024 / 1024)
  throw new Problem('disk.full', `the disk is full: ${left} MiB are left for ${folder}, and writes fail`)
}
