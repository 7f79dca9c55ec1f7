/** What a running control answers is what the OpenAPI file says. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import { test } from 'node:test'
import { isChanging } from '../../docs/generate/openapi.ts'
import type { Schema } from '../../docs/generate/openapi-schema.ts'
import type { Contract } from '../../src/control/api/contract.ts'
import { READING } from '../../src/control/audit/recorded.ts'
import { plainConfig, root, TestProject, until } from '../support/project.ts'
import { faultsOf } from '../support/schema-check.ts'

interface Content {
  readonly content: { readonly 'application/json': { readonly schema: Schema } }
}
interface Document {
  readonly paths: Readonly<
    Record<
      string,
      { post: { description?: string; requestBody: Content; responses: Readonly<Record<string, Content>> } }
    >
  >
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> }
}
const document = JSON.parse(readFileSync(join(root, 'docs/reference/openapi.json'), 'utf8')) as Document
const { schemas } = document.components
const schemaOf = (part: Content): Schema => part.content['application/json'].schema

type Reading = (typeof READING)[number]
type Inputs = { readonly [M in Reading]?: Contract[M]['input'] }

void test('every answer of a running control is as it is written', async () => {
  await using project = new TestProject({
    ...plainConfig(),
    promises: { all: { on: { service: 'api' }, availability: '99.9%', latency: { p95: '200ms' } } },
  })
  await project.must(['up', '--detach'])
  const { control } = project
  await until(async () => (await control.call('health.look', {})).measuredAt !== null, 'a measurement', 60_000)
  const { world, instances } = await project.status()
  const release = (await control.call('release.get', { release: world.live! })).release!
  const name = instances[0]!.id
  const now = Date.now()
  const inputs: Inputs = {
    status: {},
    events: { after: 0, limit: 1_000 },
    'health.look': {},
    'alerts.list': {},
    'incident.list': { limit: 10 },
    counters: {},
    'lease.look': {},
    'release.get': { release: release.id },
    'release.list': { onceLive: false },
    'migration.list': {},
    'deploy.get': { deploy: 'd1' },
    'deploy.list': { limit: 10 },
    'instance.lines': { name, count: 10 },
    'instance.list': {},
    'rollout.follow': { deploy: 'd1', after: 0, waitMs: 0 },
    'approval.list': {},
    'hook.look': { deploy: 'd1' },
    'instance.examine': { name },
    'need.check': { needs: [] },
    'need.list': {},
    'scale.look': {},
    'migration.state': {},
    'migration.outlook': { release, services: [] },
    'series.query': { query: 'sum by (service) (seaworthy_service_instances)', at: null },
    'series.range': { query: 'seaworthy_host_load', start: now - 60_000, end: now, step: 10_000 },
    'series.raw': { query: 'seaworthy_host_load', from: now - 60_000, to: now },
    'series.list': { metric: null, matching: null },
    'series.newest': {},
    'promise.look': {},
    'logs.stats': {},
    'traces.get': { id: '4bf92f3577b34da6a3ce929d0e0e4736' },
  }
  for (const [method, input] of Object.entries(inputs)) {
    const { requestBody, responses } = document.paths[`/v1/${method}`]!.post
    assert.deepEqual(faultsOf(input, schemaOf(requestBody), schemas), [], `what ${method} is asked`)
    const answer = await control.call(method as Reading, input)
    assert.deepEqual(faultsOf(answer, schemaOf(responses['200']!), schemas), [], `what ${method} answers`)
  }
  assert.deepEqual(
    faultsOf(
      await refusalOf(join(project.stateFolder, 'control.sock')),
      schemaOf(document.paths['/v1/status']!.post.responses['400']!),
      schemas,
    ),
    [],
    'a refusal',
  )

  // The check itself: a schema that says otherwise is noticed.
  const status = await control.call('status', {})
  const { Status } = schemas
  const mutants: readonly Schema[] = [
    { ...Status, required: [...Status!.required!, 'mood'] },
    { ...Status, properties: { ...Status!.properties, controlPid: { type: 'string' } } },
    { ...Status, properties: { ...Status!.properties, instances: { type: 'array', items: { type: 'null' } } } },
    { ...Status, properties: Object.fromEntries(Object.entries(Status!.properties!).slice(1)) },
  ]
  assert.deepEqual(faultsOf(status, Status!, schemas), [])
  for (const mutant of mutants) assert.notDeepEqual(faultsOf(status, mutant, schemas), [])
})

void test('every method is written down, and every one that changes something says who may call it', () => {
  for (const method of READING) assert.ok(`/v1/${method}` in document.paths, method)
  const changing = Object.entries(document.paths).filter(
    ([path, { post }]) => post !== undefined && isChanging(path.replace('/v1/', '')),
  )
  assert.ok(changing.length > 20)
  for (const [path, { post }] of changing) assert.match(post.description ?? '', /owner of the socket/, path)
})

function refusalOf(socketPath: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    get({ socketPath, path: '/v1/nothing' }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => (text += part))
      response.on('end', () => resolve(JSON.parse(text)))
    }).on('error', reject)
  })
}
