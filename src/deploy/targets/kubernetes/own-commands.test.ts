import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Command } from '../command.ts'
import {
  agreeOnKey,
  execWords,
  findClaim,
  findNamespace,
  followWords,
  logsOf,
  readOwn,
  removeAll,
  readGateway,
  readRecords,
  restartGateway,
  stopControl,
  stopGateway,
  stopInstances,
} from './own-commands.ts'

const ACCESS = { context: 'prod', namespace: 'shop' }
const PLACE = { app: 'shop', environment: 'production' }
const ALL = 'seaworthy.app=shop,seaworthy.environment=production'

/** Without what every one of them begins with. */
function wordsOf({ argv }: Pick<Command, 'argv'>): string {
  assert.deepEqual(argv.slice(0, 5), ['kubectl', '--context', 'prod', '--namespace', 'shop'])
  return argv.slice(5).join(' ')
}

test('looking at an installation asks for single objects by name', () => {
  assert.equal(wordsOf(findNamespace(ACCESS)), 'get serviceaccounts default --ignore-not-found --output name')
  assert.equal(
    wordsOf(readOwn(ACCESS, PLACE)),
    'get statefulsets shop-production-control --ignore-not-found --output json',
  )
  assert.equal(
    wordsOf(readGateway(ACCESS, PLACE)),
    'get deployments shop-production-gateway --ignore-not-found --output json',
  )
  assert.equal(
    wordsOf(findClaim(ACCESS, PLACE)),
    'get persistentvolumeclaims state-shop-production-control-0 --ignore-not-found --output name',
  )
})

test('a stop takes away what keeps pods running; only a removal takes the rest, and neither the volume', () => {
  assert.equal(
    wordsOf(stopGateway(ACCESS, PLACE)),
    'delete deployments shop-production-gateway --ignore-not-found --wait=false',
  )
  assert.equal(
    wordsOf(stopControl(ACCESS, PLACE)),
    'delete statefulsets shop-production-control --ignore-not-found --wait=false',
  )
  assert.equal(
    wordsOf(stopInstances(ACCESS, PLACE)),
    `delete horizontalpodautoscalers,deployments,jobs --selector ${ALL} --ignore-not-found --wait=false`,
  )
  const removal = wordsOf(removeAll(ACCESS, PLACE))
  assert.equal(
    removal,
    'delete statefulsets,horizontalpodautoscalers,poddisruptionbudgets,deployments,jobs,services,networkpolicies,configmaps,' +
      `serviceaccounts --selector ${ALL} --ignore-not-found --wait=false`,
  )
  assert.doesNotMatch(removal, /persistentvolume|secrets/)
})

test('lines come with their times, from a moment on, or as they are written', () => {
  assert.equal(wordsOf(logsOf(ACCESS, 'api-1', 'api', null)), 'logs api-1 --container api --timestamps')
  assert.equal(
    wordsOf(logsOf(ACCESS, 'api-1', 'api', 0)),
    'logs api-1 --container api --timestamps --since-time 1970-01-01T00:00:00.000Z',
  )
  const follow = (lines: number): string => wordsOf({ argv: followWords(ACCESS, 'api-1', 'api', lines) })
  assert.equal(follow(0), 'logs --follow api-1 --container api --timestamps --tail 0')
  assert.match(follow(Number.MAX_SAFE_INTEGER), /--tail -1$/)
})

test('a command beside the program enters as it did; a key travels by stdin', () => {
  const at = { pod: 'api-1', container: 'api', enter: ['node', '/seaworthy/enter.mjs'] }
  const words = (isTerminal: boolean): string =>
    wordsOf({ argv: execWords(ACCESS, { ...at, isTerminal }, ['id', '-u']) })
  assert.equal(words(false), 'exec --stdin api-1 --container api -- node /seaworthy/enter.mjs id -u')
  assert.equal(words(true), 'exec --stdin --tty api-1 --container api -- node /seaworthy/enter.mjs id -u')
  const command = agreeOnKey(ACCESS, PLACE, 'fingerprint.key', 'geheim')
  assert.doesNotMatch(wordsOf(command), /geheim/)
  assert.match(wordsOf(command), /^exec -i shop-production-control-0 --container control -- node -e /)
  assert.equal(Buffer.from(command.stdin!).toString(), 'geheim')
})

test('a restart of the gateway marks its pods, as somebody who puts nothing else in place', () => {
  const command = restartGateway(ACCESS, PLACE, new Date(0))
  assert.equal(wordsOf(command), 'apply --server-side --field-manager=seaworthy-restart --validate=false --filename -')
  assert.deepEqual(JSON.parse(Buffer.from(command.stdin!).toString()), {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'shop-production-gateway' },
    spec: { template: { metadata: { annotations: { 'seaworthy.restarted-at': '1970-01-01T00:00:00.000Z' } } } },
  })
})

test("control's files are read where its volume is", () => {
  assert.equal(
    wordsOf(readRecords(ACCESS, PLACE, '{"ask":"files"}')),
    'exec -i shop-production-control-0 --container control -- node /seaworthy/records /var/lib/seaworthy {"ask":"files"}',
  )
})
