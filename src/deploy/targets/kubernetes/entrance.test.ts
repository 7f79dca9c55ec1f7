import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ingressOf, routeOf } from './entrance.ts'

const INPUT = { place: { app: 'shop', environment: 'production' }, domain: 'example.com' }

test('an Ingress hands the whole domain to the gateway', () => {
  const { metadata, ...rest } = ingressOf({ ...INPUT, className: 'internal', certificate: 'example-com' })
  assert.equal(metadata.name, 'shop-production-gateway')
  const service = { name: 'shop-production-gateway', port: { name: 'http' } }
  const paths = [{ path: '/', pathType: 'Prefix', backend: { service } }]
  assert.deepEqual(rest, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    spec: {
      ingressClassName: 'internal',
      tls: [{ hosts: ['example.com'], secretName: 'example-com' }],
      rules: [{ host: 'example.com', http: { paths } }],
    },
  })
  const { spec } = ingressOf({ ...INPUT, className: null, certificate: null })
  assert.deepEqual(Object.keys(spec as object), ['rules'])
})

test('a route of the Gateway API does the same, in the version that the cluster has', () => {
  const parent = { name: 'edge', namespace: 'infra' }
  const { metadata, ...rest } = routeOf({ ...INPUT, parent, port: 80, route: 'gateway.networking.k8s.io/v1' })
  assert.equal(metadata.name, 'shop-production-gateway')
  assert.deepEqual(rest, {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    spec: {
      parentRefs: [parent],
      hostnames: ['example.com'],
      rules: [{ backendRefs: [{ name: 'shop-production-gateway', port: 80 }] }],
    },
  })
})
