import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ldapDetector } from './ldap.ts'
import { proofsOf } from './testing.ts'

const RULES: Readonly<Record<string, { readonly attacks: readonly string[]; readonly twins: readonly string[] }>> = {
  'ldap.break': {
    attacks: [
      '*)(uid=*))(|(uid=*',
      'x)(cn=',
      'admin)(!(&(cn=b',
      'anna*)((|userPassword=*)',
      'admin)(|',
      'test) ( & ',
      'val)|(uid=*',
    ],
    twins: ['(a) and (b=c)', 'a :) (b)', 'f(x)(y)', 'f(x) (&y)', ':) (!)', '1) (see b)'],
  },
  'ldap.filter': {
    attacks: ['*(|(mail=*))', 'anna(&(uid=*'],
    twins: [
      '(&(uid=anna)(objectClass=person))',
      '(|(mail=a@example.com)(mail=b@example.com))',
      '(&(a=b)(|(c=d)(!(e=f))))',
      'which (of them)',
    ],
  },
  'ldap.wildcard': { attacks: ['*))', "*()|&'"], twins: ['*)(', '(*)', '* star *', ':-*'] },
  'ldap.matching-rule': {
    attacks: ['userPassword:2.5.13.18:=123', 'cn:dn:2.4.6.8:=x'],
    twins: ['a:=1', 'time:10.20.30'],
  },
  'ldap.constant': { attacks: ['(&(uid=a)(!(&(1=0)(b=c))))'], twins: ['(1=0)', 'is (1=1) so?'] },
}

for (const [rule, { attacks, twins }] of Object.entries(RULES)) {
  test(`${rule}: attacks are proof, harmless twins are not`, () => {
    for (const text of attacks) assert.deepEqual(proofsOf(ldapDetector, text), [rule], text)
    for (const text of twins) assert.deepEqual(proofsOf(ldapDetector, text), [], text)
  })
}

test('a document is not a filter', () => {
  assert.deepEqual(proofsOf(ldapDetector, 'x)(cn=', { document: true }), [])
})
