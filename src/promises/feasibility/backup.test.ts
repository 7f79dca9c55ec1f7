import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '../../config/plain.ts'
import { appWith } from '../testing.ts'
import { backups } from './backup.ts'
import { NO_FACTS } from './facts.ts'
import { onlyRefusal } from './testing.ts'

const appFor = (data: Readonly<Record<string, Json>>, plan: Readonly<Record<string, Json>> | null) =>
  appWith({ data: { on: 'db', ...data } }, { backups: plan === null ? {} : { db: { to: ['file:backups'], ...plan } } })
const took = (minutes: number) => ({ ...NO_FACTS, backupMs: { db: minutes * 60_000 } })

void test('17: nothing that is never backed up can be restored', () => {
  const { reason, arithmetic } = onlyRefusal(backups, { app: appFor({ rpo: '6h' }, null), facts: NO_FACTS })
  assert.equal(reason, 'no-backup')
  assert.deepEqual(arithmetic, ['db has no line in backups: nothing of it can be restored', 'promised rpo 6 h'])
  assert.deepEqual(backups(appFor({ rpo: '6h' }, {}), took(1)), [], 'the neighbour')
})

void test('18: a backup every six hours loses more than an hour', () => {
  const { objective, arithmetic, waysOut } = onlyRefusal(backups, {
    app: appFor({ rpo: '1h' }, { every: '6h' }),
    facts: NO_FACTS,
  })
  assert.equal(objective, 'data/rpo')
  assert.deepEqual(arithmetic, ["every '6h', at most 6 h + upload not measured = 6 h", '6 h > promised rpo 1 h'])
  assert.equal(waysOut[0]!.text, "back db up every: '1h'")
  assert.deepEqual(
    backups(appFor({ rpo: '6h' }, { every: '6h' }), NO_FACTS).map(({ kind }) => kind),
    ['unknown'],
    'the neighbour: how long one takes is not known',
  )
})

void test('19: the time that a backup takes is part of what is lost', () => {
  // 6 h + 12 min = 6.2 h > 6 h; 6 h − 12 min = 348 min.
  const { arithmetic, waysOut } = onlyRefusal(backups, { app: appFor({ rpo: '6h' }, { every: '6h' }), facts: took(12) })
  assert.deepEqual(arithmetic, [
    "every '6h', at most 6 h + backup and upload 12 min = 6.2 h",
    '6.2 h > promised rpo 6 h',
  ])
  assert.deepEqual(
    waysOut.map(({ text }) => text),
    ["back db up every: '348min'", "promise rpo: '373min' in data"],
  )
  assert.deepEqual(backups(appFor({ rpo: '6h' }, { every: '348min' }), took(12)), [], 'the neighbour')
})

void test('20: a cron line is as slow as its longest gap', () => {
  // Weekdays at 02:30: from Friday to Monday 72 h.
  const plan = { every: '30 2 * * mon-fri' }
  const { arithmetic } = onlyRefusal(backups, { app: appFor({ rpo: '1d' }, plan), facts: took(1) })
  assert.equal(arithmetic[1], '3.001 d > promised rpo 1 d')
  assert.deepEqual(backups(appFor({ rpo: '73h' }, plan), took(1)), [], 'the neighbour')
})

void test('21: backups have to be kept as long as promised', () => {
  const { reason, arithmetic, waysOut } = onlyRefusal(backups, {
    app: appFor({ keep: '30d' }, { keep: '7d' }),
    facts: NO_FACTS,
  })
  assert.equal(reason, 'backup-keep')
  assert.deepEqual(arithmetic, ['backups of db are kept 7 d < promised 30 d'])
  assert.equal(waysOut.length, 2)
  assert.deepEqual(backups(appFor({ keep: '30d' }, { keep: '30d' }), NO_FACTS), [], 'the neighbour')
})

void test('as often as the promise asks for, unless there is no time for even one', () => {
  const app = appFor({ rpo: '10min' }, {})
  const { arithmetic } = onlyRefusal(backups, { app, facts: took(12) })
  assert.deepEqual(arithmetic, ['backup and upload 12 min = 12 min', '12 min ≥ promised rpo 10 min'])
  assert.deepEqual(backups(app, took(9)), [])
})
