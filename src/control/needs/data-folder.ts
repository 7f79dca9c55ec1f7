import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { needFolder } from './credentials.ts'
import type { Engine, ServerPlace } from './engine.ts'
import type { Installation } from './installations.ts'
import { ownFolder } from './own-file.ts'

const MAKING = 'making-'

export function dataFolder(stateFolder: string, need: string): string {
  return join(needFolder(stateFolder, need), 'data')
}

/** Makes a server's data folder where there is none: it appears whole or not at all, whoever dies meanwhile. */
export async function createData(engine: Engine, place: ServerPlace, installation: Installation): Promise<boolean> {
  if (existsSync(place.data)) return false
  const parent = join(place.data, '..')
  for (const name of readdirSync(parent)) {
    if (name.startsWith(MAKING)) rmSync(join(parent, name), { recursive: true, force: true })
  }
  const making = join(parent, `${MAKING}${process.pid}-${Date.now()}`)
  try {
    ownFolder(making, place.account)
    await engine.create({ ...place, data: making }, installation)
    renameSync(making, place.data)
    return true
  } catch (error) {
    rmSync(making, { recursive: true, force: true })
    throw error
  }
}
