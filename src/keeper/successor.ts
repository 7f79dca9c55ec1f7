import { spawn } from 'node:child_process'
import { closeSync, existsSync, mkdirSync, readlinkSync } from 'node:fs'
import { extname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connectKeeper } from './client.ts'
import { KeeperError } from './errors.ts'
import { openOutput } from './output.ts'
import { logPath } from './paths.ts'
import { formatSockets } from './sockets.ts'
import type { KeeperClient } from './client.ts'
import type { HeldSocket } from './sockets.ts'

export type { HeldSocket } from './sockets.ts'

/** How much longer each worker waits than the one before it, so that one of them starts the successor. */
export const RANK_DELAY_MS = 150
export const START_TIMEOUT_MS = 10_000
const AGAIN_MS = 1_000
const ANSWER_CHECK_MS = 20

/** What the keeper's process needs of an environment. Not the rest: it would hold a user's secrets as long as it lives. */
const ENVIRONMENT_KEPT = ['PATH', 'HOME', 'USER', 'LANG', 'TZ', 'TMPDIR']

export interface StartOptions {
  /** Listening sockets, open in this process, that the keeper inherits. */
  readonly sockets?: readonly HeldSocket[]
  /** The keeper's environment. @default PATH, HOME, USER, LANG, TZ and TMPDIR of this process */
  readonly env?: Readonly<Record<string, string>>
}

/**
 * Starts a keeper for a state folder and resolves when it answers; when one runs already, that one.
 * @throws KeeperError keeper.not-started
 */
export async function startKeeper(state: string, options: StartOptions = {}): Promise<void> {
  const { sockets = [], env = environment() } = options
  mkdirSync(state, { recursive: true, mode: 0o700 })
  const log = logPath(state)
  const output = openOutput(log)
  const entry = join(import.meta.dirname, `main${extname(import.meta.filename)}`)
  // The inherited sockets become 3, 4, … there, whatever their numbers are here.
  const inherited = formatSockets(sockets.map((socket, index) => ({ ...socket, fd: 3 + index })))
  const child = spawn(process.execPath, [entry, '--state', state, '--sockets', inherited], {
    detached: true,
    env,
    stdio: ['ignore', output, output, ...sockets.map((socket) => socket.fd)],
  })
  closeSync(output)
  child.unref()

  let failure: string | undefined
  child.once('error', (error) => (failure = error.message))
  child.once('exit', (code, signal) => {
    if (code !== 0) failure = `it ended with ${signal ?? `code ${code}`}`
  })
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await answers(state))) {
    if (performance.now() > deadline) failure ??= `it does not answer within ${START_TIMEOUT_MS} ms`
    if (failure) throw new KeeperError('keeper.not-started', `the keeper did not start: ${failure}; see ${log}`)
    await sleep(ANSWER_CHECK_MS)
  }
}

export interface SuperviseOptions {
  readonly state: string
  /** 0 acts first; each next one waits RANK_DELAY_MS longer. */
  readonly rank: number
  /** What a successor inherits: this process's listening sockets, by their descriptors. */
  readonly sockets: readonly HeldSocket[]
  /** Ends the watch. Abort before closing one of the sockets. */
  readonly signal: AbortSignal
  /** Told each time a keeper is connected. */
  readonly onConnected?: (client: KeeperClient) => void
  /** Told when a successor could not be started; it is tried again. */
  readonly onError?: (error: unknown) => void
}

/**
 * Watches over the keeper from a process it started: when it goes without a bye, starts its successor and hands it the
 * sockets. Resolves when aborted, after a bye, or when the state folder is gone; never rejects.
 */
export async function superviseKeeper(options: SuperviseOptions): Promise<void> {
  const { state, rank, signal, onConnected, onError } = options
  const sockets = options.sockets.map((socket) => ({ socket, inode: inodeOf(socket.fd) }))
  // A closed descriptor's number is given to the next file or connection: never hand on what it is now.
  const stillOpen = () =>
    sockets.filter(({ socket, inode }) => inode && inodeOf(socket.fd) === inode).map(({ socket }) => socket)

  // Who removes the folder wants no keeper in it.
  while (!signal.aborted && existsSync(state)) {
    try {
      const client = await connectOrSucceed(state, rank, stillOpen, signal)
      if (!client) continue
      onConnected?.(client)
      if (await watch(client, signal)) return
    } catch (error) {
      if (signal.aborted) return
      onError?.(error)
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => undefined)
    }
  }
}

async function connectOrSucceed(
  state: string,
  rank: number,
  sockets: () => readonly HeldSocket[],
  signal: AbortSignal,
): Promise<KeeperClient | undefined> {
  const running = await connect(state)
  if (running) return running
  await sleep(rank * RANK_DELAY_MS, undefined, { signal })
  const started = await connect(state)
  if (started || signal.aborted || !existsSync(state)) return started
  await startKeeper(state, { sockets: sockets() })
  return connect(state)
}

/** Whether the keeper said bye, or nobody wants to know any more. */
async function watch(client: KeeperClient, signal: AbortSignal): Promise<boolean> {
  const aborted = (): void => client.close()
  signal.addEventListener('abort', aborted)
  if (signal.aborted) client.close()
  const { bye } = await client.closed
  signal.removeEventListener('abort', aborted)
  return bye || signal.aborted
}

const connect = (state: string): Promise<KeeperClient | undefined> => connectKeeper(state).catch(() => undefined)

async function answers(state: string): Promise<boolean> {
  const client = await connect(state)
  if (!client) return false
  const found = await client.list().catch(() => undefined)
  client.close()
  return found !== undefined
}

function inodeOf(fd: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`)
  } catch {
    return undefined
  }
}

function environment(): Record<string, string> {
  return Object.fromEntries(ENVIRONMENT_KEPT.flatMap((key) => (process.env[key] ? [[key, process.env[key]]] : [])))
}
