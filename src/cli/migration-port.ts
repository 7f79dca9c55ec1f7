import type { ControlClient } from '../control/api/client.ts'
import type { MigrationPort } from '../deploy/targets/hosted-migration.ts'
import { whoAmI } from './lease.ts'

/** Control's runs of migrations, for targets whose containers do the work. */
export function migrationPort(control: ControlClient, token: number): MigrationPort {
  return {
    done: async () => (await control.call('migration.list', {})).migrations,
    begin: async (order) => (await control.call('migration.begin', { token, by: whoAmI(), ...order })).run,
    follow: async (id, waitMs) => (await control.call('migration.follow', { id, waitMs })).run,
    cancel: async (release) => (await control.call('migration.cancel', { token, release })).idle,
    running: async () =>
      (await control.call('migration.state', {})).runs.filter(({ outcome }) => outcome === 'running'),
    errand: async (run) => (await control.call('errand.look', { token, run })).errand,
    endErrand: async (run, errand, end) => void (await control.call('errand.end', { token, run, errand, end })),
  }
}
