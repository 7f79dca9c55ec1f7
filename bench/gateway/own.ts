/** The gateway's own workers, as the keeper starts them: the listening socket inherited, the table saved. */
import { randomBytes } from 'node:crypto'
import { closeSync, mkdtempSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { GuardPolicy } from '../../src/guard/policy.ts'
import { Limits } from '../../src/control/guard/limits.ts'
import { createFleet } from '../../src/gateway/admin/fleet.ts'
import { WORKER_FLAGS } from '../../src/gateway/worker-flags.ts'
import { saveTable } from '../../src/gateway/table-store.ts'
import type { RoutingTable, TlsTable } from '../../src/gateway/table.ts'
import { end, LOAD_CORE, SERVER_CORE, spawnOn } from './machine.ts'
import type { Place, Running } from './place.ts'

export interface OwnFeatures {
  /** For the report. */
  readonly words: string
  readonly log?: boolean
  readonly guard?: GuardPolicy
  readonly workers?: number
  readonly tls?: boolean
}

interface Parts {
  readonly place: Place
  readonly features: OwnFeatures
  readonly certificate: { readonly cert: string; readonly key: string } | null
}

export async function startWorkers(name: string, { place, features, certificate }: Parts): Promise<Running> {
  const { workers = 1, log = false, guard } = features
  const state = mkdtempSync(join(place.folder, `${name.replaceAll(/\W+/g, '-')}-`))
  const output = openSync(join(state, 'output.log'), 'a')
  const plain = await openSocket()
  const tls = certificate === null ? null : await openSocket()
  saveTable(state, {
    ...tableOf(place.upstream, { accessLog: log, guard: guard ?? null }),
    tls: tls === null ? null : tlsTable(certificate!, { state, port: tls.port }),
  })
  // What counts limits for all workers, as control does; on neither of the measured cores' account.
  const fleet =
    guard === undefined
      ? null
      : await createFleet({
          socketPath: join(state, 'gateway.sock'),
          limits: new Limits(),
          expected: async () => [],
          kill: async () => {},
        })
  const entry = join(import.meta.dirname, '../../src/gateway/worker.ts')
  const core = workers === 1 ? SERVER_CORE : `${SERVER_CORE},${LOAD_CORE}`
  const flags = [
    '--state',
    state,
    '--unsupervised',
    '--retire-ms',
    '200',
    ...(tls === null ? [] : ['--tls-socket', 'https']),
  ]
  const children = Array.from({ length: workers }, (_, index) =>
    spawnOn(core, [process.execPath, ...WORKER_FLAGS, entry, '--worker', String(index + 1), ...flags], {
      stdio: ['ignore', output, output, plain.fd, ...(tls === null ? [] : [tls.fd])],
    }),
  )
  closeSync(output)
  await Promise.all([plain.close(), tls?.close()])
  await answers(`http://127.0.0.1:${plain.port}`)
  if (fleet !== null) await connected(() => fleet.workers().length === workers)
  return {
    url: tls === null ? `http://127.0.0.1:${plain.port}` : `https://127.0.0.1:${tls.port}`,
    pids: children.map(({ pid }) => pid!),
    stop: async () => {
      await Promise.all(children.map(end))
      await fleet?.close()
    },
  }
}

/** A listening socket as the keeper holds one: opened here, inherited by the workers, closed here before anybody is accepted. */
async function openSocket(): Promise<{ readonly fd: number; readonly port: number; close(): Promise<unknown> }> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve))
  const { port } = server.address() as AddressInfo
  // Node tells the number nowhere else.
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  return { fd, port, close: () => new Promise((resolve) => server.close(resolve)) }
}

function tlsTable(
  { cert, key }: { readonly cert: string; readonly key: string },
  parts: { readonly state: string; readonly port: number },
): TlsTable {
  const [file, ticketFile] = [join(parts.state, 'tls.pem'), join(parts.state, 'tickets')]
  writeFileSync(file, readFileSync(key, 'utf8') + readFileSync(cert, 'utf8'), { mode: 0o600 })
  writeFileSync(ticketFile, randomBytes(48), { mode: 0o600 })
  return { file, ticketFile, port: parts.port, redirect: false }
}

function tableOf(upstream: number, parts: Pick<RoutingTable, 'accessLog' | 'guard'>): RoutingTable {
  return {
    version: 1,
    token: 1,
    release: '1',
    services: {
      app: {
        kind: 'upstreams',
        upstreams: [{ id: 'app@1-1', host: '127.0.0.1', port: upstream, release: '1' }],
        health: {
          path: null,
          expect: { status: null, body: null },
          intervalMs: 10_000,
          timeoutMs: 1_000,
          passes: 1,
          failures: 3,
        },
      },
    },
    routes: [{ host: null, path: '/', service: 'app' }],
    options: [],
    timeouts: { connectMs: 1_000, firstByteMs: 30_000, requestMs: 60_000, idleMs: 600_000, websocketIdleMs: 600_000 },
    bodyBytesMax: 16 * 1024 * 1024,
    trustedProxies: [],
    canary: null,
    pause: null,
    ...parts,
  }
}

async function answers(url: string, withinMs = 15_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; Date.now() < deadline;) {
    const response = await fetch(url).catch(() => null)
    await response?.arrayBuffer()
    if (response?.ok === true) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`${url} does not answer after ${withinMs} ms`)
}

async function connected(is: () => boolean, withinMs = 15_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; !is();) {
    if (Date.now() > deadline) throw new Error(`the workers have not connected after ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
