import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createInspector } from '../../inspector.ts'
import { proofsOf } from '../testing.ts'
import { handlerNameDetector } from './handler-name.ts'

const named = (name: string): readonly string[] => proofsOf(handlerNameDetector, name, { name })

void test('a name that goes on as a handler of whatever tag it is put into is one, whatever the event', () => {
  for (const name of [' onwhatever=', '  onfuturething = ', '/onnext=', '" onelse="', "'onsomething= x"])
    assert.deepEqual(named(name), ['xss.handler'], name)
})

void test('names that only begin like that are none, nor are values', () => {
  for (const name of [
    'onwhatever=',
    ' on=',
    ' onab=',
    ' onwhatever',
    ' only == x',
    'x on this=',
    ` on${'a'.repeat(60)}=`,
  ])
    assert.deepEqual(named(name), [], name)
  assert.deepEqual(proofsOf(handlerNameDetector, ' onwhatever=1', { name: 'note' }), [])
})

void test('the inspection asks it for names of parameters', () => {
  const inspector = createInspector({ threats: 'block', routes: [], exceptions: [] })
  const refused = (target: string): boolean =>
    inspector.head({ method: 'GET', target, client: '192.0.2.1', host: 'a', headers: ['Host', 'a'] }).refused
  assert.equal(refused('/?%20onwhatever%3d=x'), true)
  assert.equal(refused('/?onwhatever=x'), false)
  assert.equal(refused('/?note=%20onwhatever%3dx'), false)
})
