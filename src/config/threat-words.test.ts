import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Problem } from '../core/problem.ts'
import { parseExceptionPlace } from '../guard/inspect/exceptions.ts'
import { LOCATIONS, THREAT_CLASSES } from '../guard/threats.ts'
import { EXCEPTION_PLACE, REQUEST_PLACES, THREAT_CLASS_NAMES } from './threat-words.ts'

void test('a config may name exactly the classes and places that the guard knows', () => {
  assert.deepEqual(THREAT_CLASS_NAMES, THREAT_CLASSES)
  assert.deepEqual(REQUEST_PLACES, LOCATIONS)
})

void test('what a config takes for a place, the guard can use, and the other way round', () => {
  const places = [
    'POST /api/notes json:body.text',
    '/search query:q',
    'header:x-code',
    'body',
    'POST /api/notes body',
    '/a',
    'GET /',
    '/a query:items.*.name',
    'file-name',
    'POST query:a',
    '',
    'POST',
    'nowhere:a',
    '/a nowhere',
    '/a query:',
    '/a query:b c',
    'post /a',
    'query:a /b',
  ]
  for (const place of places) {
    let usable = true
    try {
      parseExceptionPlace(place)
    } catch (error) {
      assert.ok(error instanceof Problem)
      usable = false
    }
    assert.equal(EXCEPTION_PLACE.test(place), usable, place)
  }
})
