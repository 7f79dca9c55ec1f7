import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { instanceIn, objectName, releaseLabels, releaseName, releaseSelector } from './names.ts'

const PLACE = { app: 'shop', environment: 'production' }
/** RFC 1035: what a Service's name must be, and stricter than all others. */
const DNS_LABEL = /^[a-z](?:[-a-z0-9]*[a-z0-9])?$/
const LABEL_VALUE = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/

test('a name says what it is of', () => {
  const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'] } })
  assert.equal(releaseName(release, 'api'), 'shop-production-api-7-3fa9c1d2')
  assert.equal(objectName(PLACE, 'gateway'), 'shop-production-gateway')
})

test('hyphens inside the parts never make two things one', () => {
  const places = [
    objectName({ app: 'a-b', environment: 'c' }, 'api'),
    objectName({ app: 'a', environment: 'b-c' }, 'api'),
    objectName({ app: 'a', environment: 'b' }, 'c-api'),
    objectName({ app: 'a', environment: 'b' }, 'c', 'api'),
  ]
  assert.equal(new Set(places.slice(0, 3)).size, 3)
  assert.match(places[0]!, /^a-b-c-api-[0-9a-f]{8}$/)
})

test('every name is a DNS label with room for a pod of a Deployment behind it', () => {
  const long = 'x'.repeat(40)
  const names = [
    objectName({ app: long, environment: long }, long, '1234567-3fa9c1d2'),
    objectName({ app: long, environment: long }, long, '1234568-3fa9c1d2'),
    objectName({ app: '3d', environment: 'production' }, 'api', '7-3fa9c1d2'),
    // Cut where a hyphen would be at the end.
    objectName({ app: 'a'.repeat(36), environment: '-b' }, 'api'),
    objectName(PLACE),
  ]
  for (const name of names) {
    assert.match(name, DNS_LABEL)
    assert.ok(`${name}-6c9f7d5b8f-x7k2p`.length <= 63, name)
  }
  assert.equal(new Set(names).size, names.length)
})

test('a selector is part of the labels, and changes with nothing but the release', () => {
  const of = (env: object, id?: string): readonly [object, Record<string, string>] => {
    const service = { start: 'node main.js', routes: ['/'], env }
    const release = kubernetesRelease({ api: service }, id === undefined ? {} : { id })
    return [releaseSelector(release, 'api'), releaseLabels(release, 'api')]
  }
  const [selector, labels] = of({})
  assert.deepEqual(selector, {
    'seaworthy.app': 'shop',
    'seaworthy.environment': 'production',
    'app.kubernetes.io/component': 'instance',
    'seaworthy.service': 'api',
    'seaworthy.release': '7-3fa9c1d2',
  })
  assert.deepEqual({ ...labels, ...selector }, labels)
  for (const value of Object.values(labels)) assert.match(value, LABEL_VALUE)
  assert.deepEqual(of({ LEVEL: 'high' })[0], selector)
  assert.notDeepEqual(of({}, '8-3fa9c1d2')[0], selector)
})

test('a job of the same service is no instance: no Service sends it requests', () => {
  const release = kubernetesRelease({ api: { start: 'node main.js', routes: ['/'] } })
  const instance = { service: 'api', release: '7-3fa9c1d2', artifact: 'a1b2c3d4e5f60718' }
  assert.deepEqual(instanceIn(releaseLabels(release, 'api')), instance)
  assert.equal(instanceIn(releaseLabels(release, 'api', 'migration')), null)
  assert.equal(instanceIn({ app: 'somebody else' }), null)
})
