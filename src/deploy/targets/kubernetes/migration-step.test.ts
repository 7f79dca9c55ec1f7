import assert from 'node:assert/strict'
import { test } from 'node:test'
import { kubernetesRelease } from '../../../../test/support/kubernetes-release.ts'
import { restrictedViolations } from '../../../../test/support/pod-security.ts'
import { commandStep, copyStep, stepName, type MigrationStep } from './migration-step.ts'
import type { KubernetesObject } from './object.ts'

const IMAGE = 'seaworthy/shop/api:1'
const UID = '2fa7555c-db01-4c52-9c0f-0d4c56b7a001'
const NAME = 'shop-production-api-migration-4-2-7-3fa9c1d2'
const REHEARSED = 'postgres://app:geheim@db:5432/seaworthy_rehearsal'
const release = kubernetesRelease(
  {
    api: {
      start: 'node main.js',
      secrets: ['JWT_KEY'],
      env: { LEVEL: 'high', AUDIT: 'postgres://app:geheim@db:5432/shop?audit' },
      uses: { db: 'required' },
    },
  },
  { needs: { db: { kind: 'postgres', version: 15, url: 'SHOP_DB' } } },
)
const input = { release, service: 'api', run: 4 }
const errand = {
  id: 2,
  what: 'command',
  argv: ['node', 'migrate.js', '$RELEASE'],
  env: {
    NODE_ENV: 'production',
    PATH: '/usr/bin',
    LEVEL: 'high',
    AUDIT: `${REHEARSED}?audit`,
    RELEASE: release.id,
    JWT_KEY: 'geheim-2',
    DB_URL: REHEARSED,
  },
} as const

function kinds(step: MigrationStep): Readonly<Record<string, KubernetesObject>> {
  return Object.fromEntries([step.owner, ...step.owned(UID)].map((object) => [object.kind, object]))
}

test('a command runs once as an instance would, and all that may hold a password is a file', () => {
  const step = commandStep(input, { image: IMAGE, isOwn: false }, errand)
  assert.deepEqual([step.name, stepName(input, 2)], [NAME, NAME])
  const { ConfigMap, Secret, NetworkPolicy, Job } = kinds(step)
  assert.deepEqual(ConfigMap!['data'], {
    NODE_ENV: 'production',
    PYTHONUNBUFFERED: '1',
    LEVEL: 'high',
    // Its file wins: the entry of the image reads it after the variables.
    AUDIT: 'postgres://app:geheim@db:5432/shop?audit',
    ...Object.fromEntries(
      ['JWT_KEY', 'DATABASE_URL', 'SHOP_DB', 'DB_URL', 'AUDIT'].map((name) => [`${name}_FILE`, `/run/secrets/${name}`]),
    ),
  })
  const files = Object.entries(Secret!['data'] as Readonly<Record<string, string>>)
  assert.deepEqual(Object.fromEntries(files.map(([name, text]) => [name, Buffer.from(text, 'base64').toString()])), {
    AUDIT: `${REHEARSED}?audit`,
    JWT_KEY: 'geheim-2',
    DB_URL: REHEARSED,
  })
  const { template } = Job!['spec'] as { readonly template: { readonly metadata: object; readonly spec: object } }
  assert.doesNotMatch(JSON.stringify([Job, NetworkPolicy]), /geheim/)
  assert.match(JSON.stringify(template), /"args":\["node","migrate.js","7-3fa9c1d2"\]/)
  assert.deepEqual(restrictedViolations(template.spec), [])
  const { podSelector } = NetworkPolicy!['spec'] as { readonly podSelector: { readonly matchLabels: object } }
  const { labels } = template.metadata as { readonly labels: Readonly<Record<string, string>> }
  for (const [name, value] of Object.entries(podSelector.matchLabels)) assert.equal(labels[name], value)
})

test('what is made first owns the rest, and nothing of it goes with a release', () => {
  const { ConfigMap, ...rest } = kinds(commandStep(input, { image: IMAGE, isOwn: false }, errand))
  assert.deepEqual(Object.keys(rest), ['NetworkPolicy', 'Secret', 'Job'])
  for (const { metadata } of [ConfigMap!, ...Object.values(rest)]) {
    assert.equal(metadata.name, NAME)
    assert.equal(metadata.labels['seaworthy.release'], undefined)
    assert.equal(metadata.labels['seaworthy.migration'], '4')
  }
  for (const { metadata } of Object.values(rest))
    assert.deepEqual(metadata.ownerReferences, [{ apiVersion: 'v1', kind: 'ConfigMap', name: NAME, uid: UID }])
})

test('what is rehearsed is not what changes the database', () => {
  const of = (env: Readonly<Record<string, string>>): string | undefined =>
    commandStep(input, { image: IMAGE, isOwn: false }, { ...errand, env }).owner.metadata.labels['seaworthy.applying']
  assert.equal(of(errand.env), 'yes')
  assert.equal(of({ ...errand.env, REHEARSAL: '1' }), undefined)
})

test('an image without our entry runs the migration in place of its own', () => {
  const { Job } = kinds(commandStep(input, { image: IMAGE, isOwn: true }, errand))
  assert.match(JSON.stringify(Job), /"command":\["node"\],"args":\["migrate.js","7-3fa9c1d2"\]/)
})

test('a copy: dump, then restore, as the user of the server, the password in a file that libpq takes from a group', () => {
  const url = 'postgres://ann%40shop:p%3Aw%23@db.example.com:6432/shop?sslmode=require'
  const { Job, Secret } = kinds(
    copyStep(input, 'postgres:15', { id: 1, what: 'copy', need: 'db', url, into: 'copy_1', options: ['--no-owner'] }),
  )
  const { 'pg_service.conf': text } = Secret!['data'] as { 'pg_service.conf': string }
  const common = ['host=db.example.com', 'port=6432', 'user=ann@shop', 'password=p:w#']
  const of = (name: string, database: string): readonly string[] => [
    `[${name}]`,
    ...common,
    `dbname=${database}`,
    'sslmode=require',
  ]
  assert.deepEqual(Buffer.from(text, 'base64').toString().split('\n'), [
    ...of('dump', 'shop'),
    ...of('restore', 'copy_1'),
    '',
  ])
  const { spec } = (Job!['spec'] as { template: { spec: CopySpec } }).template
  const words = [...spec.initContainers, ...spec.containers].map(({ command, args }) => [...command, ...args])
  assert.deepEqual(words, [
    ['pg_dump', '--no-owner', '--no-password', '--file=/var/lib/copy/all.sql'],
    ['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '--no-password', '--file=/var/lib/copy/all.sql'],
  ])
  assert.equal(spec.securityContext.runAsUser, 999)
  assert.doesNotMatch(JSON.stringify(Job), /p:w#|p%3Aw/)
  assert.deepEqual(restrictedViolations(spec), [])
})

interface CopySpec {
  readonly securityContext: { readonly runAsUser: number }
  readonly initContainers: readonly { readonly command: readonly string[]; readonly args: readonly string[] }[]
  readonly containers: CopySpec['initContainers']
}
