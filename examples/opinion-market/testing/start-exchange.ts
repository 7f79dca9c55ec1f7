import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { releaseNamed, type Version } from '../src/release.ts'
import { migrateDatabase } from '../src/store/migrate-database.ts'

export const ADMIN_TOKEN = 'the-token-of-the-tests'

const HERE = join(import.meta.dirname, '..')
const EXIT_MS_MAX = 10_000

export interface Folder extends AsyncDisposable {
  readonly path: string
  readonly database: string
}

/** A throwaway folder, with a database of the level that `version` needs unless it says otherwise. */
export async function makeFolder(version: Version | 'no database'): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'opinion-market-'))
  const database = join(path, 'data', 'market.db')
  if (version !== 'no database') migrateDatabase(database, 'expand', releaseNamed(version).schemaNeeded)
  return { path, database, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  /** Whatever the exchange answered; each test says what it expects of it. */
  readonly body: Record<string, unknown>
}

export interface Exchange extends AsyncDisposable {
  readonly url: URL
  readonly child: ChildProcess
  get(path: string, token?: string): Promise<Reply>
  post(path: string, body: unknown, options?: { token?: string; key?: string }): Promise<Reply>
  /** SIGTERM, then its exit code. */
  stop(): Promise<number | null>
}

/** Starts the real program on a free port. */
export async function startExchange(
  folder: Folder,
  version: Version,
  environment: Record<string, string> = {},
): Promise<Exchange> {
  if (!existsSync(join(HERE, 'node_modules', 'ws')))
    throw new Error('run `npm ci` in examples/opinion-market first: the program needs ws')
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: HERE,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PORT: '0',
      MARKET_RELEASE: version,
      MARKET_DATABASE: folder.database,
      ADMIN_TOKEN,
      RELEASE: `release-${version}`,
      ...environment,
    },
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const url = new URL(`http://127.0.0.1:${await portOf(child)}`)
  const send = async (path: string, init: RequestInit): Promise<Reply> => {
    const response = await fetch(new URL(path, url), init)
    return {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Record<string, unknown>,
    }
  }
  const authorised = (token?: string): Record<string, string> =>
    token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM')
    const cut = setTimeout(() => child.kill('SIGKILL'), EXIT_MS_MAX)
    return exited.finally(() => clearTimeout(cut))
  }
  return {
    url,
    child,
    get: (path, token) => send(path, { headers: authorised(token) }),
    post: (path, body, { token, key } = {}) =>
      send(path, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { ...authorised(token), ...(key === undefined ? {} : { 'Idempotency-Key': key }) },
      }),
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop()
    },
  }
}

/** Reads its log until it says where it listens, and goes on reading so that the pipe never fills. */
async function portOf(child: ChildProcess): Promise<number> {
  const lines = createInterface({ input: child.stdout! })
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`the exchange ended with ${code} before it listened`)))
    lines.on('line', (line) => {
      const entry = JSON.parse(line) as { message: string; port?: number }
      if (entry.message === 'listening' && entry.port !== undefined) resolve(entry.port)
    })
  })
}

/** An account and a market to trade in. */
export async function openAll(exchange: Exchange): Promise<{ token: string; market: number }> {
  const { body: account } = await exchange.post('/api/accounts', { name: "O'Brien" })
  const token = String(account['token'])
  const { body: market } = await exchange.post(
    '/api/markets',
    { question: 'Will the European Union grow by 2030?' },
    { token },
  )
  return { token, market: Number(market['id']) }
}
