import { connect } from 'node:net'
import type { Readable } from 'node:stream'
import type { Probe } from './health.ts'
import type { HealthCheck } from './table.ts'
import type { Upstream } from './upstream.ts'

/** How much of an answer is read to find the expected text. */
export const PROBE_BYTES_MAX = 64 * 1024

/**
 * GETs the check's path, or only connects when it has none. A redirect fails (a login page is no health), as does every
 * status but the expected one; without an expectation any 2xx passes.
 */
export const probeUpstream: Probe = (upstream, check) =>
  check.path === null ? connects(upstream, check.timeoutMs) : answers(upstream, check, check.path)

function connects(upstream: Upstream, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: upstream.address.host, port: upstream.address.port, timeout: timeoutMs })
    const end = (passed: boolean): void => {
      socket.destroy()
      resolve(passed)
    }
    socket.once('connect', () => end(true))
    socket.once('timeout', () => end(false))
    socket.once('error', () => end(false))
  })
}

function answers(upstream: Upstream, check: HealthCheck, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const { host, port } = upstream.address
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
    const outgoing = upstream.link.send(
      {
        method: 'GET',
        head: `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: seaworthy-health\r\nAccept: */*\r\n`,
        body: 'none',
        connectMs: check.timeoutMs,
        fresh: true,
        websocket: false,
      },
      {
        connected: () => {},
        answered: (answer) => judge(answer.status, answer.body),
        upgraded: (_, socket) => {
          socket.destroy()
          end(false)
        },
        failed: () => end(false),
      },
    )
    const timer = setTimeout(() => end(false), check.timeoutMs)

    function end(passed: boolean): void {
      clearTimeout(timer)
      outgoing.destroy()
      resolve(passed)
    }

    function judge(status: number, body: Readable): void {
      body.on('error', () => end(false))
      const asExpected = check.expect.status === null ? status >= 200 && status < 300 : status === check.expect.status
      const wanted = check.expect.body
      if (!asExpected || wanted === null) return end(asExpected)
      let text = ''
      body.setEncoding('utf8')
      body.on('data', (chunk: string) => {
        text += chunk
        if (text.includes(wanted)) end(true)
        else if (text.length > PROBE_BYTES_MAX) end(false)
      })
      body.on('end', () => end(false))
    }
  })
}
