import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResolvedApp } from '../config/resolved.ts'
import { listenNotice } from './listen-notice.ts'

const app = (http: number) => ({ gateway: { http } }) as unknown as ResolvedApp

test('another port is told with both numbers and what to do; any port, or the same, is not', () => {
  assert.match(listenNotice(app(9090), 'http://127.0.0.1:8080') ?? '', /9090.* 8080.*`seaworthy stop`.*`seaworthy up`/)
  assert.equal(listenNotice(app(8080), 'http://127.0.0.1:8080'), null)
  assert.equal(listenNotice(app(0), 'http://127.0.0.1:34567'), null)
  assert.equal(listenNotice(app(80), 'http://localhost'), null)
})
