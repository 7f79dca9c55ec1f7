import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mustBeNumber, mustNotBeRoot } from './image-user.ts'

const look = (user: string) => ({ user, names: ['shop/api:1'], id: 'sha256:1' })

test('root by any name is refused, with the image and the cure', () => {
  for (const user of ['', 'root', '0', '0:0', 'root:users', '00', ':65532'])
    assert.throws(() => mustNotBeRoot('api', look(user)), {
      code: 'image.root',
      message: /^the image of api \(shop\/api:1\)/,
    })
})

test('anybody else may run', () => {
  for (const user of ['65532', '65532:65532', 'node', '1000:0', 'app:root']) mustNotBeRoot('api', look(user))
})

test('where a kubelet has to tell that it is not root, only a number will do', () => {
  const of = (user: string) => () => mustBeNumber('api', { user, names: ['shop-api:1'], id: 'sha256:1' })
  for (const user of ['1000', '1000:1000', '65532:app']) assert.doesNotThrow(of(user))
  for (const user of ['app', 'app:1000', '1000a', '']) assert.throws(of(user), { code: 'image.user-name' })
})
