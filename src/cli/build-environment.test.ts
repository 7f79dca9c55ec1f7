import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildEnvironment } from './build-environment.ts'

test('a build gets proxies, trust and registry settings, in either case, and no secret of the deployer', () => {
  const found = buildEnvironment({
    HTTPS_PROXY: 'http://proxy:3128',
    no_proxy: 'localhost',
    NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    npm_config_registry: 'https://packages.test/',
    ADMIN_TOKEN: 'a secret',
    NPM_TOKEN: 'a secret too',
    NODE_OPTIONS: '--inspect',
  })
  assert.deepEqual(found, {
    HTTPS_PROXY: 'http://proxy:3128',
    no_proxy: 'localhost',
    NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    npm_config_registry: 'https://packages.test/',
  })
})
