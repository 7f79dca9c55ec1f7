import assert from 'node:assert/strict'
import { test } from 'node:test'
import { redirect } from './order.ts'

test('every variable that names an original names its copy, whoever has set it', () => {
  const environment = {
    DB_URL: 'postgres://u:p@h:1/shop',
    OWN: 'jdbc:postgres://u:p@h:1/shop',
    DB_FILE: '/s/db.db',
    PGDATABASE: 'shop',
    NAME: 'shop',
  }
  const copies = [
    { replace: [['postgres://u:p@h:1/shop', 'postgres://u:p@h:1/copy']] as const, variables: { PGDATABASE: 'copy' } },
    { replace: [['/s/db.db', '/copies/db.db']] as const, variables: {} },
  ]
  assert.deepEqual(redirect(environment, copies), {
    DB_URL: 'postgres://u:p@h:1/copy',
    OWN: 'jdbc:postgres://u:p@h:1/copy',
    DB_FILE: '/copies/db.db',
    PGDATABASE: 'copy',
    NAME: 'shop',
  })
})

test('an address that only begins or ends like an original names another database, and a copy is not taken for an original', () => {
  const environment = {
    EVENTS_URL: 'postgres://u:p@h:1/app_events',
    BOTH: 'postgres://u:p@h:1/app_events,postgres://u:p@h:1/app?sslmode=require',
    OTHERS: 'postgres://u:p@h:1/app-2 postgres://u:p@h:1/app2 postgres://u:p@h:1/app.old postgres://u:p@h:1/appé',
    BACKUP: '/backup/s/db.db /s/db.db.bak sqlite:///s/db.db',
  }
  const copies = [
    { replace: [['postgres://u:p@h:1/app', 'postgres://u:p@h:1/copy_app']] as const, variables: {} },
    {
      replace: [['postgres://u:p@h:1/app_events', 'postgres://u:p@h:1/app']] as const,
      variables: {},
    },
    { replace: [['/s/db.db', '/c/db.db']] as const, variables: {} },
  ]
  for (const some of [copies, copies.toReversed()]) {
    assert.deepEqual(redirect(environment, some), {
      ...environment,
      EVENTS_URL: 'postgres://u:p@h:1/app',
      BOTH: 'postgres://u:p@h:1/app,postgres://u:p@h:1/copy_app?sslmode=require',
      BACKUP: '/backup/s/db.db /s/db.db.bak sqlite:///c/db.db',
    })
  }
  assert.deepEqual(redirect(environment, []), environment)
})
