import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { DatabaseSync } from 'node:sqlite'
import { CHAIN_START, type ChainHead } from '../core/hash-chain.ts'

const FILE = 'state.db'

/**
 * What control remembers as the end of a chain. Reading does not disturb it, and takes no right to write there.
 * @param key under which state.db has it
 */
export function savedHead(stateFolder: string, key: 'auditHead' | 'securityHead'): ChainHead {
  const file = join(stateFolder, FILE)
  if (!existsSync(file)) return CHAIN_START
  const db = openToRead(file)
  try {
    const row = db.prepare('select value from meta where key = ?').get(key)
    return row === undefined ? CHAIN_START : (JSON.parse(row['value'] as string) as ChainHead)
  } finally {
    db.close()
  }
}

function openToRead(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { readOnly: true })
  try {
    db.exec('pragma busy_timeout = 5000; select 1 from meta limit 1')
    return db
  } catch (error) {
    db.close()
    // Without its log SQLite would make one, which a volume mounted read-only does not allow: then nobody writes, and the file is all.
    if (existsSync(`${file}-wal`)) throw error
    return new DatabaseSync(`${pathToFileURL(file).href}?immutable=1`, { readOnly: true })
  }
}
