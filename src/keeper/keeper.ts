import { mkdirSync, rmSync } from 'node:fs'
import { Children } from './children.ts'
import { findMarked, isAlive } from './identity.ts'
import { note } from './note.ts'
import { OUTPUT_BYTES_MAX, ROTATE_EVERY_MS, rotateOutput } from './output.ts'
import { folderMark, logPath, outputPath, recordPath, socketPath } from './paths.ts'
import { readRecord, writeRecord, type ChildRecord } from './record.ts'
import { serve } from './server.ts'
import { Sockets } from './sockets.ts'
import type { KeeperState, ProcessIdentity, Request, Role } from './protocol.ts'
import type { Answer, Server } from './server.ts'
import type { HeldSocket } from './sockets.ts'

export interface KeeperOptions {
  readonly state: string
  /** Listening sockets inherited from the keeper before. */
  readonly sockets?: readonly HeldSocket[]
  /** @default 20 MiB */
  readonly outputBytesMax?: number
  /** @default 3000 */
  readonly rotateEveryMs?: number
}

export interface Keeper {
  /** Stops every child in order, then the keeper. Resolves when all are gone. */
  shutdown(graceMs: number): Promise<void>
  readonly ended: Promise<void>
}

/** Takes over what the keeper before left, and serves. The caller holds the lock of the state folder. */
export async function runKeeper(options: KeeperOptions): Promise<Keeper> {
  const { state, outputBytesMax = OUTPUT_BYTES_MAX, rotateEveryMs = ROTATE_EVERY_MS } = options
  const startedAt = Date.now()
  const path = { record: recordPath(state), socket: socketPath(state, 'keeper') }
  const recorded = readRecord(path.record)
  /** Recorded sockets that could not be opened: who needs one tries again. */
  const missing = new Map(recorded.sockets.map((socket) => [socket.name, socket]))
  let server: Server | undefined

  const sockets = new Sockets()
  const children = new Children({
    mark: folderMark(state),
    descriptors(names) {
      for (const name of names) reopen(name)
      return sockets.descriptors(names)
    },
    changed: save,
    emit: (event) => server?.emit(event),
  })

  function reopen(name: string): void {
    const socket = missing.get(name)
    if (socket && !sockets.has(name)) sockets.listen(socket)
    missing.delete(name)
  }

  function save(): void {
    // Nobody is to take over from a keeper that ends in order.
    if (shuttingDown) return
    try {
      writeRecord(path.record, { sockets: [...sockets.list(), ...missing.values()], children: children.records() })
    } catch (error) {
      note('error', 'the record could not be written', { error: String(error) })
    }
  }

  function rotate(): void {
    for (const output of new Set([logPath(state), ...children.list().map((child) => child.output)])) {
      try {
        rotateOutput(output, { bytesMax: outputBytesMax })
      } catch (error) {
        note('error', 'an output file could not be rotated', { output, error: String(error) })
      }
    }
  }

  async function answer(request: Request): Promise<Answer> {
    switch (request.op) {
      case 'listen': {
        const { name, host, port } = request
        const socket = sockets.listen({ name, host, port })
        missing.delete(name)
        save()
        return { socket }
      }
      case 'unlisten':
        sockets.close(request.name)
        missing.delete(request.name)
        save()
        break
      case 'spawn':
        return { child: await children.spawn(request.spec) }
      case 'signal':
        children.signal(request.name, request.signal, request)
        break
      case 'forget':
        children.forget(request.name)
        break
      case 'list':
        return { list: listing() }
      case 'events':
        // The server adds the connection to those it tells.
        break
      case 'shutdown':
        // Not waited for: the answer goes out first, the end of the connection says that all is done.
        setImmediate(() => void shutdown(request.graceMs))
        break
    }
    return {}
  }

  const listing = (): KeeperState => ({
    pid: process.pid,
    startedAt,
    children: children.list(),
    sockets: sockets.list(),
  })

  let shuttingDown: Promise<void> | undefined
  const ended = Promise.withResolvers<void>()

  function shutdown(graceMs: number): Promise<void> {
    shuttingDown ??= (async () => {
      note('info', 'shutting down', { graceMs })
      server?.emit({ event: 'bye' })
      await children.stop(graceMs)
      clearInterval(rotation)
      rmSync(path.record, { force: true })
      server?.close()
      note('info', 'shut down')
      ended.resolve()
    })()
    return shuttingDown
  }

  sockets.adopt(options.sockets ?? [])
  for (const name of missing.keys()) {
    try {
      reopen(name)
    } catch (error) {
      note('error', 'a recorded socket could not be opened', { name, error: String(error) })
    }
  }
  children.adopt(completed(recorded.children, findMarked(folderMark(state)), state))
  save()
  const rotation = setInterval(rotate, rotateEveryMs)

  mkdirSync(state, { recursive: true, mode: 0o700 })
  // Ours alone by the lock: what lies there was left by a keeper that is dead.
  rmSync(path.socket, { force: true })
  server = await serve(path.socket, answer)
  note('info', 'keeping', { state, pid: process.pid })
  return { shutdown, ended: ended.promise }
}

/**
 * The recorded children, and those that only the process table knows: started in the instant before the record was
 * written, or when the record was lost.
 */
function completed(
  recorded: readonly ChildRecord[],
  marked: ReadonlyMap<string, ProcessIdentity>,
  state: string,
): readonly ChildRecord[] {
  const known = recorded.map((child): ChildRecord => {
    // What an instance or a need leaves behind carries its mark too; control and workers leave nothing.
    if (child.role === 'instance' || child.role === 'need') return child
    const identity = marked.get(child.name)
    if (identity === undefined || (child.identity !== null && isAlive(child.identity))) return child
    return { ...child, identity, state: 'running', exit: null }
  })
  const unknown = [...marked]
    .filter(([name]) => !recorded.some((child) => child.name === name))
    .map(([name, identity]): ChildRecord => ({
      name,
      role: roleOf(name),
      identity,
      state: 'running',
      startedAt: Date.now(),
      exit: null,
      restarts: 0,
      output: outputPath(state, name),
    }))
  return [...known, ...unknown]
}

function roleOf(name: string): Role {
  if (name === 'control') return 'control'
  if (name.startsWith('gateway-')) return 'gateway'
  // Instances carry their release behind an @, and a service may be called anything.
  return name.startsWith('need-') && !name.includes('@') ? 'need' : 'instance'
}
