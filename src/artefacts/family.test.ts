import assert from 'node:assert/strict'
import { test } from 'node:test'
import { withHeader } from './family.ts'

void test('a file says what made it and from what, once for each', () => {
  const because = ['promises.trade', 'needs.db', 'promises.trade'].map((from) => ({ what: 'groups', from }))
  const text = withHeader({ path: 'rules.yml', text: 'groups: []\n', comment: '#', because }, 'seaworthy 1.2.3')
  assert.match(text, /^# Made by seaworthy 1\.2\.3 from promises\.trade, needs\.db\. .*\ngroups: \[\]\n$/)
  assert.equal(withHeader({ path: 'a.json', text: '{}', comment: null, because }, 'seaworthy 1.2.3'), '{}')
})
