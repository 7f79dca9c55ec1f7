import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mustNotBeRoot } from './image-user.ts'

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
