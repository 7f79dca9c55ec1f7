/** For the tests of this folder. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { systemClock } from '../../core/clock.ts'
import { serveApi, type Handlers } from '../api/server.ts'
import { FrameReader } from '../api/sse.ts'
import { State } from '../state.ts'
import { Live, type LiveOptions, type Looked } from './live.ts'
import { makeLiveRows } from './rows.ts'
import { STREAM_BOUNDS, type StreamBounds } from './stream.ts'

export const AT = 1_700_000_000_000

export interface Served {
  readonly socket: string
  readonly state: State
  readonly live: () => Live
  readonly add: (text: string) => void
  /** As after a kill of control: every stream breaks, another process serves. */
  readonly restart: () => Promise<void>
  /** What was logged as an error; at the end there must be nothing. */
  readonly errors: unknown[]
  /** What the stream has waited by the clock. */
  sleptMs: number
  value: unknown
  nowMs: number
}

/** A live stream over a real socket and a real state.db. */
export async function serve(
  t: TestContext,
  bounds: Partial<StreamBounds> = {},
  logs: LiveOptions['logs'] = { call: never },
): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-live-'))
  const socket = join(folder, 'control.sock')
  const state = new State(join(folder, 'state.db'))
  const errors: unknown[] = []
  let live: Live
  let server: Awaited<ReturnType<typeof serveApi>>
  const start = async (): Promise<void> => {
    const looked = (value: unknown): Promise<Looked> =>
      Promise.resolve({ json: JSON.stringify(value), mark: JSON.stringify(value) })
    const values = { status: () => looked(served.value), alerts: never, deploys: () => looked(rows.deploys()) }
    const rows = makeLiveRows(state)
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
      served.sleptMs += ms
      return systemClock.sleep(ms, signal)
    }
    const clock = { now: () => served.nowMs, sleep }
    const logger = { error: (...what: unknown[]) => void errors.push(what) } as unknown as LiveOptions['logger']
    live = new Live({ rows, values, logs, clock, logger, bounds: { ...STREAM_BOUNDS, ...bounds } })
    state.onEvent = () => live.wake()
    server = await serveApi(
      socket,
      {} as Handlers,
      (_, error) => errors.push(error),
      (...asked) => live.open(...asked),
    )
  }
  const end = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  const served: Served = {
    socket,
    state,
    live: () => live,
    add: (text) => state.addEvent(AT, 'test', text),
    restart: async () => {
      await end()
      await start()
    },
    errors,
    sleptMs: 0,
    value: { n: 0 },
    nowMs: AT,
  }
  await start()
  t.after(async () => {
    await end()
    state.close()
    rmSync(folder, { recursive: true, force: true })
    assert.deepEqual(errors, [])
  })
  return served
}

const never = (): never => assert.fail('nobody asks for it')

export interface Raw {
  readonly response: IncomingMessage
  readonly frames: { event: string; data: string }[]
  readonly reader: FrameReader
}

export function get(socketPath: string, path: string, lastId?: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = lastId === undefined ? {} : { 'last-event-id': lastId }
    request({ socketPath, path, headers, agent: false }, resolve).on('error', reject).end()
  })
}

/** A reader of the bytes themselves. */
export async function read(t: TestContext, socket: string, topics: string, lastId?: string): Promise<Raw> {
  const response = await get(socket, `/v1/live?topics=${topics}`, lastId)
  assert.equal(response.statusCode, 200)
  assert.match(String(response.headers['content-type']), /^text\/event-stream/)
  const [reader, frames] = [new FrameReader(), [] as Raw['frames']]
  response.on('error', () => {})
  response.setEncoding('utf8').on('data', (text: string) => frames.push(...reader.push(text)))
  t.after(() => response.destroy())
  while (reader.lastId === null) await once(response, 'data')
  return { response, frames, reader }
}
