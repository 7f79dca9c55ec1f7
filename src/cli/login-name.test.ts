import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loginName } from './login-name.ts'

const passwd = 'root:x:0:0:root:/root:/bin/sh\nanna:x:1000:1000::/home/anna:/bin/sh\nshop:x:990:990::/srv:/bin/false\n'
const sources = { loginUid: '4294967295', sudoUser: undefined, user: 'shop', passwd }

test('the login that the kernel keeps comes before sudo, and sudo before the user', () => {
  assert.equal(loginName({ ...sources, loginUid: '1000', sudoUser: 'otto' }), 'anna')
  assert.equal(loginName({ ...sources, sudoUser: 'otto' }), 'otto')
  assert.equal(loginName(sources), 'shop')
})

test('a login that this machine has no name for, or no such file, falls back', () => {
  assert.equal(loginName({ ...sources, loginUid: '4711' }), 'shop')
  assert.equal(loginName({ ...sources, loginUid: '', sudoUser: '' }), 'shop')
})
