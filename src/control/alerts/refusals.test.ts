import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Refusals } from './refusals.ts'

void test('a rule that cannot be evaluated is told once, and once when it can be again', () => {
  const told: string[] = []
  const refusals = new Refusals((text) => void told.push(text))
  refusals.note(new Map([['OwnIdea', 'several series']]))
  refusals.note(new Map([['OwnIdea', 'several series']]))
  refusals.note(new Map())
  refusals.note(new Map())
  assert.deepEqual(told, [
    'OwnIdea cannot be evaluated, and says nothing: several series',
    'OwnIdea can be evaluated again',
  ])
})
