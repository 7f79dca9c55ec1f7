/** `node src/migrate.ts expand|contract`: brings the database to what the release of MARKET_RELEASE needs. */
import { reasonOf } from './log.ts'
import { readSettings } from './settings.ts'
import { migrateDatabase } from './store/migrate-database.ts'
import { PHASES } from './store/migrations.ts'

const phase = PHASES.find((known) => known === process.argv[2])
if (!phase) {
  console.error(`usage: node src/migrate.ts ${PHASES.join('|')}`)
  process.exitCode = 2
} else {
  try {
    const { databasePath, release } = readSettings(process.env)
    const done = migrateDatabase(databasePath, phase, release.schemaNeeded)
    console.log(`${phase}: ${done.length === 0 ? 'nothing to do' : done.join(', ')}`)
  } catch (error) {
    console.error(`${phase} failed, nothing was changed: ${reasonOf(error)}`)
    process.exitCode = 1
  }
}
