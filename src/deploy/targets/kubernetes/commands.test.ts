import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { showCommand, type Command } from '../command.ts'
import {
  applyObjects,
  bridgeWords,
  execIn,
  listDeployments,
  listEvents,
  listPods,
  readAddress,
  readApiVersions,
  readServer,
  readLogs,
  readVersion,
  removeRelease,
  removeSecrets,
  type Access,
} from './commands.ts'
import { secretOf } from './secret.ts'

const PLACE = { app: 'shop', environment: 'production' }
const PROD: Access = { context: 'prod', namespace: 'shop' }
const HERE: Access = { context: null, namespace: 'shop' }
const RELEASE = '7-3fa9c1d2'

const here = ({ argv }: Command): readonly string[] => argv.slice(3)

test('every command says which cluster and which namespace it means', () => {
  assert.deepEqual(readApiVersions(PROD).argv, ['kubectl', '--context', 'prod', '--namespace', 'shop', 'api-versions'])
  assert.deepEqual(readApiVersions(HERE).argv, ['kubectl', '--namespace', 'shop', 'api-versions'])
})

test('objects travel by stdin: nothing of a Secret is in a word or on the screen', () => {
  const release = kubernetesRelease({ api: { start: 'node main.js', secrets: ['JWT_KEY'] } })
  const secret = secretOf(release, 'api', { JWT_KEY: 'geheim' })!
  const command = applyObjects(HERE, [secret])
  assert.deepEqual(here(command), ['apply', '--server-side', '--field-manager=seaworthy', '--filename', '-'])
  const shown = `${showCommand(command)} ${command.because}`
  for (const one of ['geheim', Buffer.from('geheim').toString('base64')]) assert.ok(!shown.includes(one))
  assert.deepEqual(JSON.parse(Buffer.from(command.stdin!).toString()), {
    apiVersion: 'v1',
    kind: 'List',
    items: [secret],
  })
  assert.deepEqual(
    here(applyObjects(HERE, [secret], true)),
    [
      ['apply', '--server-side', '--field-manager=seaworthy'],
      ['--dry-run=server', '--filename', '-'],
    ].flat(),
  )
})

test('the other commands, word by word', () => {
  const place = 'seaworthy.app=shop,seaworthy.environment=production'
  assert.deepEqual(here(readVersion(HERE)), ['version', '--output', 'json'])
  const server = 'jsonpath={.clusters[0].cluster.server}'
  assert.deepEqual(here(readServer(HERE)), ['config', 'view', '--minify', '--output', server])
  assert.deepEqual(here(listPods(HERE, PLACE)), ['get', 'pods', '--selector', place, '--output', 'json'])
  assert.deepEqual(here(listDeployments(HERE, PLACE)), ['get', 'deployments', '--selector', place, '--output', 'json'])
  assert.deepEqual(here(listEvents(HERE, 'api-x')), [
    'get',
    'events',
    '--field-selector',
    'involvedObject.kind=Pod,involvedObject.name=api-x',
    '--output',
    'json',
  ])
  const address = ['get', 'services', 'x', '--output', 'jsonpath={.spec.clusterIP}']
  assert.deepEqual(here(readAddress(HERE, 'x')), address)
  const logs = { container: 'api', lines: 30, isPrevious: false }
  assert.deepEqual(here(readLogs(HERE, 'api-x', logs)), ['logs', 'api-x', '--container', 'api', '--tail', '30'])
  assert.equal(readLogs(HERE, 'api-x', { ...logs, isPrevious: true }).argv.at(-1), '--previous')
  const kinds = 'horizontalpodautoscalers,poddisruptionbudgets,deployments,jobs,services,networkpolicies,configmaps'
  const end = ['--ignore-not-found', '--wait=false']
  assert.deepEqual(here(removeRelease(HERE, PLACE, RELEASE, 'api')), [
    'delete',
    kinds,
    '--selector',
    `${place},seaworthy.service=api,seaworthy.release=${RELEASE}`,
    ...end,
  ])
  assert.deepEqual(here(removeRelease(HERE, PLACE, RELEASE, null)), [
    'delete',
    kinds,
    '--selector',
    `${place},seaworthy.release=${RELEASE}`,
    ...end,
  ])
  assert.deepEqual(here(removeSecrets(HERE, ['a', 'b'])), ['delete', 'secrets', 'a', 'b', ...end])
})

test('a command in a pod is words, none of which a shell or kubectl reads', () => {
  const command = execIn(HERE, 'api-x', { container: 'api', argv: ['node', '--version', '$(HOME)'], limitMs: 0 })
  assert.deepEqual(here(command), ['exec', '-i', 'api-x', '--container', 'api', '--', 'node', '--version', '$(HOME)'])
  assert.equal(command.timeoutMs, 0)
})

test('control is reached through its pod, by the program that the image has for that', () => {
  const pod = 'shop-production-control-0'
  const { argv } = execIn(PROD, pod, { container: 'control', argv: [], limitMs: 0 })
  assert.deepEqual(bridgeWords(PROD, pod), [...argv, 'node', '/seaworthy/bridge', '/var/lib/seaworthy'])
})
