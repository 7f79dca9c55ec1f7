import assert from 'node:assert/strict'
import { test } from 'node:test'
import { aliasOf, containerName, dataVolume, imageName, networkName, secretsVolume } from './names.ts'

test('two environments never share a name, whatever dashes theirs hold', () => {
  const one = { app: 'a-b', environment: 'c' }
  const other = { app: 'a', environment: 'b-c' }
  for (const name of [
    (place: typeof one) => containerName(place, 'api@7-3fa9c1d2-1'),
    (place: typeof one) => networkName(place, 'inside'),
    (place: typeof one) => secretsVolume(place, 'api', '7-3fa9c1d2'),
    (place: typeof one) => dataVolume(place, 'api', 'data'),
  ])
    assert.notEqual(name(one), name(other))
})

test('names are what an engine takes, and the alias is a host name', () => {
  const place = { app: 'a'.repeat(40), environment: 'e'.repeat(40) }
  const service = 's'.repeat(40)
  const instance = `${service}@99999-3fa9c1d2-999999`
  assert.match(aliasOf(instance), /^[a-z0-9-]{1,63}$/)
  const names = [
    containerName(place, instance),
    networkName(place, 'outward'),
    secretsVolume(place, service, '99999-3fa9c1d2'),
    dataVolume(place, service, './var/lib/some folder/'),
  ]
  for (const name of names) assert.match(name, /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,200}$/)
})

test('a folder has one volume however it is written', () => {
  const place = { app: 'shop', environment: 'staging' }
  assert.equal(dataVolume(place, 'api', './data/'), dataVolume(place, 'api', 'data'))
  assert.notEqual(dataVolume(place, 'api', 'data'), dataVolume(place, 'api', 'data/x'))
})

test('an image is named after the files and the way they are made', () => {
  const name = imageName('shop', 'api', 'a1b2c3d4e5f60718', 'FROM a')
  assert.match(name, /^seaworthy\/shop\/api:a1b2c3d4e5f60718-[0-9a-f]{8}$/)
  assert.notEqual(imageName('shop', 'api', 'a1b2c3d4e5f60718', 'FROM b'), name)
})
