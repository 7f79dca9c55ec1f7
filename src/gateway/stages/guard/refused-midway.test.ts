import assert from 'node:assert/strict'
import { test } from 'node:test'
import { policyOf } from '../../testing-guard.ts'
import { rawConnection, startGateway, startUpstream, tableOf, until } from '../../testing.ts'

const BODY_BYTES_MAX = 700_000
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`
const CLEAN = '"word and word",'

const refusals = {
  403: chunk(`"../../../../etc/passwd",${CLEAN.repeat(4_000)}`),
  413: chunk(CLEAN.repeat(BODY_BYTES_MAX / CLEAN.length)),
}

for (const [status, rest] of Object.entries(refusals))
  for (const begins of ['behind the request', 'before its end'] as const)
    void test(`a body refused midway with ${status} is on record with that, its answer begun ${begins}`, async () => {
      await using upstream = await startUpstream('1', (request, response) => {
        if (begins === 'before its end') response.writeHead(200).write('begun')
        request.resume().on('end', () => response.end())
      })
      const guard = policyOf({ threats: 'block' })
      const table = tableOf([upstream.upstream], { guard, accessLog: true, bodyBytesMax: BODY_BYTES_MAX })
      await using gateway = await startGateway(table)
      using client = rawConnection(
        gateway.port,
        'POST /a HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n',
      )
      client.socket.on('error', () => {})
      // More than is judged before anything goes on.
      client.socket.write(chunk(`[${CLEAN.repeat(14_000)}`))
      await until(() => upstream.requests.length === 1)
      if (begins === 'before its end') await until(() => client.text.includes('begun'))
      client.socket.write(rest)
      const line = (): Record<string, unknown> | undefined => gateway.lines().find(({ path }) => path === '/a')
      await until(() => line() !== undefined)
      assert.equal(line()!.status, Number(status))
      assert.equal(line()!.aborted === true, begins === 'before its end')
      if (begins === 'behind the request') assert.match(client.text, new RegExp(`^HTTP/1.1 ${status} `))
    })
