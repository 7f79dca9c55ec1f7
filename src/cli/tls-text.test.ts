import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TlsStatus } from '../control/api/tls-status.ts'
import { describeTls } from './tls-text.ts'

const status: TlsStatus = {
  port: 8443,
  redirect: true,
  source: 'files',
  certificate: {
    subject: 'a.example',
    issuer: 'An authority',
    names: ['a.example', '*.a.example'],
    notBefore: Date.parse('2026-01-01'),
    notAfter: Date.parse('2026-04-01T00:00:00Z'),
    fingerprint: 'AA',
    daysLeft: 29,
    covers: true,
  },
  problem: null,
  nextAttemptAt: null,
}

test('a certificate is told with its names and the days it has left', () => {
  assert.equal(
    describeTls(status),
    'port 8443, files certificate for a.example, *.a.example until 2026-04-01, 29 days left',
  )
})

test('what is wrong with it is told too', () => {
  const certificate = { ...status.certificate!, daysLeft: -1, covers: false }
  assert.equal(
    describeTls({ ...status, certificate, problem: 'the file is gone' }),
    "port 8443, files certificate for a.example, *.a.example until 2026-04-01, EXPIRED; it does not name the environment's domain; the file is gone",
  )
  assert.equal(
    describeTls({ ...status, port: null, certificate: null, source: 'acme', problem: 'refused', nextAttemptAt: 0 }),
    'not served yet, no certificate yet (acme); refused; next attempt 1970-01-01T00:00:00.000Z',
  )
})
