import assert from 'node:assert/strict'
import { test } from 'node:test'
import { headerOf } from './exchange.ts'
import {
  bucketFrom,
  cookieValueOf,
  offerCookie,
  roundedBucket,
  trialCookie,
  withoutTrialCookie,
} from './trial-cookie.ts'

test('a bucket comes back from the cookie as it went in, and only in its own trial', () => {
  for (const drawn of [0, 0.05, 0.24999, 0.5, 0.99999]) {
    const bucket = roundedBucket(drawn)
    const headers = ['Cookie', `a=b; Seaworthy-Trial=${cookieValueOf('7-abc', bucket)}; c=d`]
    assert.equal(bucketFrom(headers, '7-abc'), bucket)
    assert.equal(bucketFrom(headers, '8-abc'), null)
  }
})

test('a cookie that somebody made up is none', () => {
  for (const value of ['', '7-abc', '7-abc.', '7-abc.12', '7-abc.12345', '7-abc.-001', '7-abc.zzzz', 'x7-abc.1234']) {
    assert.equal(bucketFrom(['Cookie', `Seaworthy-Trial=${value}`], '7-abc'), null, value)
  }
  assert.equal(bucketFrom(['cookie', 'Seaworthy-Trial=6-old.0000; Seaworthy-Trial=7-abc.8000'], '7-abc'), 0.5)
})

test('the instance never sees the cookie, and the others as they were', () => {
  const passed = (cookie: string) => headerOf(withoutTrialCookie(['Host', 'a', 'Cookie', cookie, 'X', 'y']), 'cookie')
  assert.equal(passed('Seaworthy-Trial=7-abc.0000'), undefined)
  assert.equal(passed('a=1; Seaworthy-Trial=7-abc.0000;b=2'), 'a=1; b=2')
  assert.equal(passed('a=1;  b=2'), 'a=1;  b=2')
})

test('the cookie is kept from scripts and other sites, and from plain http where there is TLS', () => {
  const headers: string[] = []
  offerCookie(headers, trialCookie('7-abc', 0.5, { secure: true }))
  assert.equal(headerOf(headers, 'set-cookie'), 'Seaworthy-Trial=7-abc.8000; Path=/; HttpOnly; SameSite=Lax; Secure')
})

test('an answer that shared caches may keep is left as it is, every other one is closed to them', () => {
  const offered = (...given: string[]): readonly [cookie: boolean, control: string | undefined] => {
    const headers = [...given, 'Set-Cookie', 'app=1']
    offerCookie(headers, trialCookie('7-abc', 0.5, { secure: false }))
    assert.ok(headers.includes('app=1'), "the app's own cookie stays")
    return [headers.some((value) => value.startsWith('Seaworthy-Trial=')), headerOf(headers, 'cache-control')]
  }
  for (const control of ['public', 'public, max-age=31536000, immutable', 'max-age=60', 's-maxage=5, max-age=0']) {
    assert.deepEqual(offered('Cache-Control', control), [false, control])
  }
  assert.deepEqual(offered('Expires', 'Thu, 01 Jan 2099 00:00:00 GMT'), [false, undefined])
  assert.deepEqual(offered(), [true, 'private'])
  assert.deepEqual(offered('cache-control', 'no-cache'), [true, 'no-cache, private'])
  assert.deepEqual(offered('Cache-Control', 'max-age=0'), [true, 'max-age=0, private'])
  for (const control of ['no-store', 'private, max-age=60']) {
    assert.deepEqual(offered('Cache-Control', control), [true, control])
  }
})
