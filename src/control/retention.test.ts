import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { systemClock } from '../core/clock.ts'
import type { Release } from '../deploy/release.ts'
import { Retention, RELEASES_KEPT } from './retention.ts'
import type { SecretFiles } from './secrets.ts'
import { State } from './state.ts'

test('what a rollback goes back to is kept, however old', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-retention-'))
  mkdirSync(join(folder, 'logs'))
  const state = new State(join(folder, 'state.db'))
  t.after(() => {
    state.close()
    rmSync(folder, { recursive: true, force: true })
  })
  for (const sequence of [1, 2, 3, 4, 5, 6, 7, 8, 9]) {
    state.saveRelease({ id: `${sequence}-x`, sequence } as Release)
    state.markLive(`${sequence}-x`, sequence)
  }
  state.set('live', '9-x')
  state.set('wayBack', ['2-x'])
  const forgotten: string[] = []
  const retention = new Retention({
    folder,
    state,
    instances: { instances: () => [], stop: async () => {} },
    roster: { keepOnly: () => {} },
    secrets: { forget: (id: string) => void forgotten.push(id) } as unknown as SecretFiles,
    clock: systemClock,
    isBusy: () => false,
  })
  retention.forgetOldReleases()
  const kept = state.releases().map(({ id }) => id)
  assert.equal(RELEASES_KEPT, 5)
  assert.deepEqual(kept, ['9-x', '8-x', '7-x', '6-x', '5-x', '2-x'])
  assert.deepEqual(forgotten.toSorted(), ['1-x', '3-x', '4-x'])
})
