import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInspector } from './inspector.ts'
import { isToken } from './token.ts'

void test('what a random generator drew is a token, what begins as an object does is none', () => {
  assert.equal(isToken('9f86d081884c7d659a2feaa0c55ad015a3bf4f1b'), true)
  assert.equal(isToken('q3VpY2sKQnJvd25GMHhKdW1wczBWZXI'), true)
  assert.equal(isToken('rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcAUH2sHDFmDRAwACRgAKbG9hZEZhY3Rvckk'), false)
})

void test('an object of Java is found where a token would stand', () => {
  const inspector = createInspector({ threats: 'block', routes: [], exceptions: [] })
  const judge = (value: string): boolean =>
    inspector.head({
      method: 'GET',
      target: `/?state=${value}`,
      client: '192.0.2.1',
      host: 'a',
      headers: ['Host', 'a', 'User-Agent', 'Mozilla/5.0', 'Accept', '*/*'],
    }).refused
  assert.equal(judge('rO0ABXNyABFqYXZhLnV0aWwuSGFzaE1hcAUH2sHDFmDRAwACRgAKbG9hZEZhY3Rvckk'), true)
  assert.equal(judge('q3VpY2sKQnJvd25GMHhKdW1wczBWZXJUaGVMYXp5RG9nQW5kQmFjaw'), false)
})
