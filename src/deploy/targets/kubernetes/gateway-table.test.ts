import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gatewayObjects } from './gateway.ts'
import { gatewayTableOf, GATEWAY_TABLE, readTable } from './gateway-table.ts'
import { CLUSTER } from '../../../../test/support/kubernetes-release.ts'

const PLACE = { app: 'shop', environment: 'production' }

test('the table is read beside control, and kept as it is, where the gateways look for it', () => {
  const { argv } = readTable({ context: null, namespace: 'shop' }, PLACE)
  assert.equal(
    argv.slice(0, 10).join(' '),
    'kubectl --namespace shop exec -i shop-production-control-0 --container control -- node',
  )
  assert.match(argv.at(-1)!, /'\/var\/lib\/seaworthy\/table\.json'/)
  const table = gatewayTableOf(PLACE, '{"format":1}')!
  assert.equal(table.metadata.name, 'shop-production-gateway-table')
  const data = table['data'] as Readonly<Record<string, string>>
  assert.equal(Buffer.from(data['table.json']!, 'base64').toString(), '{"format":1}')

  const objects = gatewayObjects({
    place: PLACE,
    image: 'i',
    control: 'c:1',
    replicas: 2,
    workers: 1,
    http: 80,
    https: null,
    reach: 'inside',
    installation: '{}',
    cluster: CLUSTER,
  })
  const { spec } = (objects.find(({ kind }) => kind === 'Deployment')!['spec'] as { template: { spec: object } })
    .template as {
    spec: {
      volumes: { name: string; secret?: object }[]
      containers: { volumeMounts: { name: string; mountPath: string }[] }[]
    }
  }
  const volume = spec.volumes.find(({ name }) => name === 'gateway-table')!
  // Before the first deploy there is none.
  assert.deepEqual(volume.secret, { secretName: table.metadata.name, defaultMode: 0o440, optional: true })
  const mount = spec.containers[0]!.volumeMounts.find(({ name }) => name === volume.name)!
  assert.equal(GATEWAY_TABLE, `${mount.mountPath}/table.json`)
})

test('none, and one that is too large for a Secret, is not kept', () => {
  assert.equal(gatewayTableOf(PLACE, ''), null)
  assert.notEqual(gatewayTableOf(PLACE, 'x'.repeat(1024 * 1024)), null)
  assert.equal(gatewayTableOf(PLACE, 'x'.repeat(1024 * 1024 + 1)), null)
})
