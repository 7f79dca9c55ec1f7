import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Release } from '../../deploy/release.ts'
import { logSecretsOf } from './log-secrets.ts'

const releases = ['1-aaaaaaaa', '2-bbbbbbbb'].map((id) => ({
  id,
  config: { services: { api: {}, web: {} } },
})) as unknown as readonly Release[]

const options = {
  state: {
    releases: () => releases,
    release: (id: string) => releases.find((one) => one.id === id) ?? null,
  },
  secrets: {
    read: (release: string, service: string): Record<string, string> =>
      service === 'api' ? { KEY: `key-${release}` } : {},
  },
  jobs: { secretsOf: (name: string): Record<string, string> => (name.startsWith('build:') ? { TOKEN: 'job' } : {}) },
  variablesOf: () => ({ DATABASE_URL: 'postgres://u:pass-word@h/d', PORT: '1' }),
}

void test('an instance has the secrets of its release, its needs included', () => {
  const url = { DATABASE_URL: 'postgres://u:pass-word@h/d' }
  assert.deepEqual(logSecretsOf(options, 'web@1-aaaaaaaa-1'), [{ KEY: 'key-1-aaaaaaaa' }, url])
})

void test('a job has its own as well; what belongs to no release has those of all', () => {
  assert.deepEqual(logSecretsOf(options, 'build:api@9-cccccccc'), [{ TOKEN: 'job' }])
  const keys = logSecretsOf(options, 'gateway-1').flatMap(({ KEY }) => KEY ?? [])
  assert.deepEqual(keys, ['key-1-aaaaaaaa', 'key-2-bbbbbbbb'])
})
