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
