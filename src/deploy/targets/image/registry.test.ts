import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isByDigest, nameInRegistry, referenceIn, repositoryOf, serverOf, shortReference } from './registry.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const TEAM = 'registry.example.com:5000/team'

test('an image of a service has app and service in one name, behind the name of the team', () => {
  assert.equal(nameInRegistry(TEAM, 'seaworthy/shop/api:a1b2-91b0'), `${TEAM}/shop-api:a1b2-91b0`)
  assert.equal(nameInRegistry(TEAM, 'seaworthy:0.1.0-3fa9'), `${TEAM}/seaworthy:0.1.0-3fa9`)
})

test('what a reference is made of', () => {
  assert.equal(repositoryOf(`${TEAM}/shop-api:1@${DIGEST}`), `${TEAM}/shop-api`)
  assert.equal(repositoryOf(`${TEAM}/shop-api`), `${TEAM}/shop-api`)
  assert.equal(serverOf(`${TEAM}/shop-api:1`), 'registry.example.com:5000')
  assert.deepEqual([isByDigest(`${TEAM}/shop-api@${DIGEST}`), isByDigest(`${TEAM}/shop-api:1`)], [true, false])
})

test('of the digests that an engine knows, the one of this registry and this very name', () => {
  const own = `${TEAM}/shop-api@${DIGEST}`
  const others = [`registry.example.com/shop-api@${DIGEST}`, `${TEAM}/shop-api-two@${DIGEST}`]
  assert.equal(referenceIn([...others, own], `${TEAM}/shop-api:1`), own)
  assert.equal(referenceIn(others, `${TEAM}/shop-api:1`), null)
})

test('what docker shortens is one name, and comes back as the config has it', () => {
  for (const server of ['docker.io', 'index.docker.io']) {
    const [named, said] = [`${server}/team/shop-api`, `team/shop-api@${DIGEST}`]
    assert.equal(referenceIn([said], `${named}:1`), `${named}@${DIGEST}`)
    assert.equal(shortReference(`${named}@${DIGEST}`), said)
  }
  assert.equal(referenceIn([`team/shop-api@${DIGEST}`], `${TEAM}/shop-api:1`), null)
  assert.equal(shortReference(`${TEAM}/shop-api@${DIGEST}`), `${TEAM}/shop-api@${DIGEST}`)
})
