import assert from 'node:assert/strict'
import { test } from 'node:test'
import { askRights, describeRights, lacking, neededRights } from './rights.ts'
import { RULES } from './role.ts'

const ACCESS = { context: 'prod', namespace: 'shop' }

test('every verb of every rule is asked for, by itself, and nothing else', () => {
  const rights = neededRights()
  const count = RULES.reduce((all, { resources, verbs }) => all + resources.length * verbs.length, 0)
  assert.equal(rights.length, count)
  assert.equal(new Set(rights.map((right) => JSON.stringify(right))).size, count)
  const { argv, stdin } = askRights(ACCESS, rights)
  const before = 'kubectl --context prod --namespace shop create --validate=false --filename - --output'
  assert.deepEqual(argv, [...before.split(' '), 'jsonpath={.status.allowed}{"\\n"}'])
  const { items } = JSON.parse(Buffer.from(stdin!).toString()) as {
    items: readonly { spec: { resourceAttributes: Record<string, string> } }[]
  }
  const asked = items.map(({ spec }) => spec.resourceAttributes)
  assert.equal(asked.length, count)
  assert.deepEqual(
    asked.find(({ subresource }) => subresource === 'log'),
    { namespace: 'shop', verb: 'get', group: '', resource: 'pods', subresource: 'log' },
  )
  assert.ok(asked.every(({ verb, resource }) => verb !== '*' && resource !== '*'))
})

test('what is not given is named, a line for each kind of object', () => {
  const rights = [
    { verb: 'create', group: 'apps', resource: 'deployments' },
    { verb: 'list', group: 'apps', resource: 'deployments' },
    { verb: 'patch', group: 'apps', resource: 'deployments' },
    { verb: 'get', group: '', resource: 'pods/log' },
  ]
  const lacks = lacking(rights, 'false\ntrue\n\nfalse\n')
  assert.deepEqual(describeRights(lacks), ['create, patch deployments.apps', 'get pods/log'])
  assert.deepEqual(lacking(rights, 'true\ntrue\ntrue\ntrue\n'), [])
  assert.throws(() => lacking(rights, 'true\n'), /4 rights were asked for/)
})
