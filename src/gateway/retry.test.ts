import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mayRetry } from './retry.ts'
import type { RetryQuestion } from './retry.ts'

const reset = { kind: 'lost', reason: 'ECONNRESET' } as const
const refused = { kind: 'not-connected', reason: 'ECONNREFUSED' } as const
const base: RetryQuestion = { failure: reset, attempts: 1, method: 'GET', hasBody: false, allowed: true }

const cases: readonly [what: string, change: Partial<RetryQuestion>, again: boolean][] = [
  ['GET on a connection that broke off', {}, true],
  ['DELETE without a body on one', { method: 'DELETE' }, true],
  ['PUT with a body on one', { method: 'PUT', hasBody: true }, false],
  ['POST without a body on one', { method: 'POST' }, false],
  ['PATCH without a body on one', { method: 'PATCH' }, false],
  ['GET answered with nonsense', { failure: { ...reset, kind: 'malformed' } }, false],
  ['POST with a body on a refused connection', { failure: refused, method: 'POST', hasBody: true }, true],
  [
    'POST on a connection that ended before it was written',
    { failure: { ...reset, kind: 'unsent' }, method: 'POST' },
    true,
  ],
  ['POST that could not connect in time', { failure: { ...refused, kind: 'connect-timeout' }, method: 'POST' }, true],
  ['a second failure', { failure: refused, attempts: 2 }, false],
  ['a route without retries', { failure: refused, allowed: false }, false],
]
for (const [what, change, again] of cases) {
  void test(`${what} is ${again ? 'repeated' : 'not repeated'}`, () => {
    assert.equal(mayRetry({ ...base, ...change }), again)
  })
}
