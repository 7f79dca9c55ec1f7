/** A release that is healthy and has lost its paths: the witness says so. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainConfig, TestProject } from '../support/project.ts'

const SERVER = `
  import { createServer } from 'node:http'
  createServer((request, response) => {
    const isThere = request.url === '/health/readiness' || (request.url === '/' && process.env.NAME === 'v1')
    response.writeHead(isThere ? 200 : 404).end()
  }).listen(Number(process.env.PORT), '127.0.0.1')`

void test('a release that answers 404 where the one before answered is counted as failed and named in the proof', async () => {
  const witness = { request: ['GET /', 'GET /never'], rate: '40/s' }
  const config = (name: string) =>
    plainConfig({ env: { NAME: name }, service: { start: 'node server.mjs' }, environment: { witness } })
  await using project = new TestProject(config('v1'), { 'server.mjs': SERVER })
  await project.must(['up', '--detach'])
  const before = (await project.status()).world.live
  project.configure(config('v2'))
  const { stdout } = await project.run(['deploy'])
  const { last, world } = await project.status()
  const { failed, failures, sent, ok } = last!.proof!
  assert.ok(failed > 0 && sent === ok + failed, `${failed} of ${sent} failed, ${ok} ok`)
  for (const failure of failures)
    assert.ok(failure.endsWith(`GET /: status 404 of ${last!.plan.release.id}, which ${before} answers`), failure)
  assert.match(stdout, /failure: \d+ × GET \/: status 404 of \S+, which \S+ answers, first/)

  // A release that has lost nothing more has no failures.
  project.configure(config('v3'))
  await project.must(['deploy'])
  const next = (await project.status()).last!
  assert.deepEqual([next.proof!.failed, next.plan.base.live], [0, world.live])
})
