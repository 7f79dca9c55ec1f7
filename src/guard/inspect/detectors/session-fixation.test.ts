import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SCORE } from '../detector.ts'
import { factsOf } from './request-testing.ts'
import type { Told } from './request-testing.ts'
import { sessionFixation } from './session-fixation.ts'

function proofs(told: Told, part: 'head' | 'body' = 'head'): string[] {
  const rules: string[] = []
  sessionFixation[part]!(factsOf(told), ({ rule, score }) => {
    if (score >= SCORE.proof) rules.push(rule)
  })
  return rules
}

test("a session's name in the query of another site's link is refused", () => {
  const headers = ['Referer', 'https://evil.example/page']
  for (const name of ['PHPSESSID', 'jsessionid', 'session_id', 'ASPSESSIONIDQQ', 'connect.sid']) {
    assert.deepEqual(
      proofs({ headers, parameters: [['query', name, 'abc']] }),
      ['session-fixation.foreign-referer'],
      name,
    )
  }
})

test("the same from one's own pages passes", () => {
  const headers = ['Referer', 'https://shop.example:8443/page']
  assert.deepEqual(proofs({ headers, parameters: [['query', 'PHPSESSID', 'abc']] }), [])
})

test("without a referer only a framework's own name is refused, in bodies as well", () => {
  assert.deepEqual(proofs({ parameters: [['query', 'jsessionid', 'abc']] }), ['session-fixation.parameter'])
  assert.deepEqual(proofs({ parameters: [['json', 'phpsessid', 'abc']] }, 'body'), ['session-fixation.parameter'])
  assert.deepEqual(proofs({ parameters: [['query', 'session_id', 'abc']] }), [])
  assert.deepEqual(proofs({ parameters: [['json', 'sessionId', 'abc']] }, 'body'), [])
})

test('a cookie is where a session belongs', () => {
  assert.deepEqual(proofs({ parameters: [['cookie', 'PHPSESSID', 'abc']] }), [])
})
