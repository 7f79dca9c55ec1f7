import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nosqlDetector } from './nosql.ts'
import { hitsOf, proofsOf } from './testing.ts'

const RULES: Readonly<Record<string, { readonly attacks: readonly string[]; readonly twins: readonly string[] }>> = {
  'nosql.operator-key': {
    attacks: ['$where', 'user[$ne]', 'filter[name][$regex]', 'price.$gte'],
    twins: ['$filter', '$select', '$top', '$type', '$ref', 'price[gte]', 'total$', 'a[$]'],
  },
  'nosql.operator': {
    attacks: ['{$gt: ""}', "', $or: [{}, {'a':'a", '{"$ne": 1}', "1, $where: '1 == 1'"],
    twins: ['cost: $ne', 'US$gt: fast', '{"$schema": "x"}', '$500 or best offer'],
  },
  'nosql.script': {
    attacks: [
      '0;return true',
      '";return(true);var x=\'a',
      "';d=new Date();do{e=new Date();}while(e-d<99);",
      ';while (new Date() - d < 1e4){}',
    ],
    twins: [
      'many happy returns; true story',
      'no returns; return postage is 5',
      'a new date (to be announced)',
      'return true north',
    ],
  },
  'nosql.collection': {
    attacks: ['db.users.drop()', '/db.a.insert({b:1});'],
    twins: ['mydb.users.drop', 'db.example.com', 'see db.md (draft)'],
  },
}

for (const [rule, { attacks, twins }] of Object.entries(RULES)) {
  test(`${rule}: attacks are proof, harmless twins are not`, () => {
    for (const text of attacks) assert.deepEqual(proofsOf(nosqlDetector, text), [rule], text)
    for (const text of twins) assert.deepEqual(proofsOf(nosqlDetector, text), [], text)
  })
}

test('a document may talk about operators and hold script', () => {
  const text = 'Use the operators\n{ $gt: 5 }\nand\n;return true\nof the shell'
  assert.notDeepEqual(hitsOf(nosqlDetector, text), [])
  assert.deepEqual(hitsOf(nosqlDetector, text, { document: true }), [])
})
