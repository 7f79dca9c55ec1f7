import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedNeed } from '../config/resolved.ts'
import { secretNames, secretValues, urlVariables } from './need-variables.ts'

const need = (kind: ResolvedNeed['kind'], url: string | null = null): ResolvedNeed => ({
  kind,
  version: null,
  url,
  role: 'store',
  bytesMax: null,
})
const service = { uses: { db: 'required', pay: 'optional' }, secrets: ['KEY'], env: {} } as const
const needs = { db: need('postgres'), pay: need('http', 'PAYMENTS_URL') }

test('the only database has its usual name too, and an external need that of its secret', () => {
  assert.deepEqual(urlVariables('db', service, needs), ['DATABASE_URL', 'DB_URL'])
  assert.deepEqual(urlVariables('pay', service, needs), ['PAYMENTS_URL', 'PAY_URL'])
  const two = { uses: { db: 'required', other: 'required' } } as const
  assert.deepEqual(urlVariables('db', two, { ...needs, other: need('sqlite') }), ['DB_URL'])
})

test('what nobody is to see: secrets, and URLs that env does not set itself', () => {
  assert.deepEqual(secretNames(service, needs), ['KEY', 'DATABASE_URL', 'DB_URL', 'PAYMENTS_URL', 'PAY_URL'])
  const own = { ...service, secrets: ['DB_URL'], env: { DATABASE_URL: 'x', PAY_URL: 'y' } }
  assert.deepEqual(secretNames(own, needs), ['DB_URL', 'PAYMENTS_URL'])
  const found = { KEY: 'k', DATABASE_URL: 'need', DB_URL: 'need', PAY_URL: 'need' }
  assert.deepEqual(secretValues(own, needs, found), { DB_URL: 'need' })
  assert.deepEqual(secretValues(service, needs, found), found)
})
