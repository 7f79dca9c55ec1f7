import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alertPathRules } from '../../../promises/built-in/alert-path.ts'
import { instanceRules } from '../../../promises/built-in/instances.ts'
import { needRules } from '../../../promises/built-in/needs.ts'
import { INACTIVE, type Alert } from '../alert.ts'
import type { Firing } from './context.ts'
import { inhibit } from './inhibit.ts'

const redis = (name: string, required: boolean) =>
  ({ name, kind: 'redis', role: 'store', users: ['api'], required }) as const
const rules = [
  ...instanceRules(['api', 'worker']),
  ...needRules([redis('db', true), redis('other', false)]),
  ...alertPathRules(),
]

void test('what does not answer explains that nothing is collected from it', () => {
  const firing = (name: string, labels: Record<string, string>): Firing => {
    const rule = rules.find((each) => each.name === name)!
    const alert: Alert = { rule: name, labels, ...INACTIVE, state: 'firing', value: 1 }
    return { key: `${name} ${JSON.stringify(labels)}`, alert, rule }
  }
  const scrapes = [
    { source: 'instance-metrics', target: 'api@1-aaaaaaaa-1' },
    { source: 'instance-metrics', target: 'worker@1-aaaaaaaa-1' },
    { source: 'need', target: 'db' },
    { source: 'need', target: 'other' },
  ].map((labels) => firing('ScrapeFailing', labels))
  const quietBy = (cause: Firing): readonly string[] => {
    const verdicts = inhibit([cause, ...scrapes], { ended: [], nowMs: 0 })
    return scrapes.filter(({ key }) => verdicts.get(key)!.kind === 'hold').map(({ alert }) => alert.labels['target']!)
  }
  assert.deepEqual(quietBy(firing('ServiceDown', { service: 'api' })), ['api@1-aaaaaaaa-1'])
  assert.deepEqual(quietBy(firing('InstanceDown', { service: 'api', instance: 'api@1-aaaaaaaa-1' })), [
    'api@1-aaaaaaaa-1',
  ])
  assert.deepEqual(quietBy(firing('NeedDown', { need: 'db' })), ['db'])
  assert.deepEqual(quietBy(firing('OptionalNeedDown', { need: 'other' })), ['other'])
})
