import assert from 'node:assert/strict'
import { test } from 'node:test'
import { registryRefusal } from './registry-refusal.ts'

const NAME = 'registry.example.com:5000/team/shop-api:1'

test("what docker says of a registry is told apart, in the engine's words of several versions", () => {
  const said: readonly (readonly [string, string])[] = [
    [
      'Get "https://registry.example.com:5000/v2/": dial tcp 192.0.2.1:5000: connect: connection refused',
      'unreachable',
    ],
    ['Get "https://registry.example.com:5000/v2/": dial tcp: lookup registry.example.com: no such host', 'unreachable'],
    ['Get "http://127.0.0.1:5055/v2/": EOF', 'unreachable'],
    ['Get "https://registry.example.com:5000/v2/": http: server gave HTTP response to HTTPS client', 'untrusted'],
    ['Get "https://registry.example.com/v2/": x509: certificate signed by unknown authority', 'untrusted'],
    ['no basic auth credentials', 'unauthorised'],
    ['unauthorized: authentication required', 'unauthorised'],
    ['denied: requested access to the resource is denied', 'unauthorised'],
    ['Error response from daemon: manifest for registry.example.com/shop:1 not found: manifest unknown', 'absent'],
    ['Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?', 'no-engine'],
    [
      'Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/version": dial unix /var/run/docker.sock: connect: permission denied',
      'no-engine',
    ],
    ['permission denied while trying to connect to the docker API at unix:///var/run/docker.sock', 'no-engine'],
    ['error during connect: dial unix /run/docker.sock: connect: connection refused', 'no-engine'],
    ['received unexpected HTTP status: 500 Internal Server Error', 'unknown'],
  ]
  for (const [line, kind] of said)
    assert.equal(registryRefusal(['The push refers to …', line], NAME, null).kind, kind, line)
})

test('the cure names the server and the engine', () => {
  const { because, hint } = registryRefusal(['no basic auth credentials'], NAME, null)
  assert.equal(because, 'registry.example.com:5000 does not let you')
  assert.match(hint, /`docker login registry\.example\.com:5000`/)
  const untrusted = registryRefusal(['x509: certificate has expired'], NAME, 'ssh://deploy@shop.example.com')
  assert.match(untrusted.because, /^ssh:\/\/deploy@shop\.example\.com does not trust/)
  assert.match(untrusted.hint, /certs\.d\/registry\.example\.com:5000\/ca\.crt/)
})
