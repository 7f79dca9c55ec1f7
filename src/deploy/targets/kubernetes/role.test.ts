import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLUSTER, kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { serviceObjects } from './objects.ts'
import { roleBindingOf, roleOf } from './role.ts'

const PLACE = { app: 'shop', environment: 'production' }
const { rules } = roleOf(PLACE) as unknown as {
  readonly rules: readonly {
    readonly apiGroups: readonly string[]
    readonly resources: readonly string[]
    readonly verbs: readonly string[]
  }[]
}

function may(verb: string, group: string, resource: string): boolean {
  return rules.some(
    (rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
  )
}

test('what a service consists of can be made, changed and taken away', () => {
  const api = { start: 'node main.js', routes: ['/'], secrets: ['DB'], scale: { min: 2, max: 3, cpu: '70%' } }
  const release = kubernetesRelease({ api })
  const input = { release, service: 'api', image: 'i:1', cluster: CLUSTER, instances: 2, values: { DB: 'x' } }
  const objects = serviceObjects(input)
  assert.equal(objects.length, 7)
  for (const { apiVersion, kind } of objects) {
    const group = apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
    const resource = kind.endsWith('y') ? `${kind.toLowerCase().slice(0, -1)}ies` : `${kind.toLowerCase()}s`
    for (const verb of ['create', 'patch', 'delete']) assert.ok(may(verb, group, resource), `${verb} ${resource}`)
  }
})

test('no secret is read, no rule is a wildcard, and nobody can give himself more', () => {
  for (const verb of ['get', 'list', 'watch']) assert.ok(!may(verb, '', 'secrets'))
  for (const { apiGroups, resources, verbs } of rules) {
    assert.ok(![...apiGroups, ...resources, ...verbs].includes('*'))
    for (const verb of ['bind', 'escalate', 'impersonate', 'deletecollection']) assert.ok(!verbs.includes(verb), verb)
    for (const resource of ['roles', 'rolebindings', 'nodes', 'namespaces']) assert.ok(!resources.includes(resource))
  }
})

test('it is bound to whoever deploys', () => {
  const { roleRef, subjects } = roleBindingOf(PLACE, { kind: 'ServiceAccount', name: 'ci', namespace: 'build' })
  assert.deepEqual(roleRef, { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: roleOf(PLACE).metadata.name })
  assert.deepEqual(subjects, [{ kind: 'ServiceAccount', name: 'ci', namespace: 'build' }])
  assert.deepEqual(roleBindingOf(PLACE, { kind: 'Group', name: 'deployers' })['subjects'], [
    { kind: 'Group', name: 'deployers', apiGroup: 'rbac.authorization.k8s.io' },
  ])
})
