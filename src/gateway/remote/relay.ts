/**
 * Between the workers of a gateway and a control on another machine: workers connect to a unix socket, as where control is on
 * theirs, and each connection goes on over a sealed one of its own. What a worker would find in control's state folder is here
 * before it hears of it, and saved for the next that starts.
 */
import { createServer } from 'node:net'
import type { Server, Socket } from 'node:net'
import { rmSync } from 'node:fs'
import { readJsonLines, toJsonLine } from '../../core/json-lines.ts'
import type { Logger } from '../../core/logger.ts'
import { messageOf } from '../../core/problem.ts'
import type { FromWorker, ToWorker } from '../admin/protocol.ts'
import { readTable } from '../table-store.ts'
import type { RoutingTable } from '../table.ts'
import { createOwnLink } from './own-link.ts'
import { SavedBlocks } from './saved-blocks.ts'
import { createPlace } from './place.ts'
import type { ToGateway } from './protocol.ts'
import { writeReport, type Report } from './report.ts'
import { connectSealed } from './sealed.ts'

/** How often it is said that control is away. */
const SAY_EVERY_MS = 60_000
/** So long control is waited for before a table is taken that is nobody's own. */
export const MEET_MS = 10_000
/** A worker that is given a table here has applied it by then. */
const APPLY_MS = 2_000

export interface RelayOptions {
  readonly state: string
  /** Unix socket that the workers connect to. */
  readonly socketPath: string
  readonly control: { readonly host: string; readonly port: number }
  readonly key: Buffer
  readonly name: string
  readonly workers: number
  /** Path of a saved table. Only for a start without control and without one of its own. */
  readonly table: string | null
  readonly logger: Logger
}

export interface Relay {
  /** Says goodbye; resolves when the last worker has gone, and what it said last is on its way. */
  leave(): Promise<void>
}

export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { state, socketPath, control, key, name, workers, table: spare, logger } = options
  const connect = (): ReturnType<typeof connectSealed> => connectSealed({ ...control, key, name })
  const versions: Record<string, number> = {}
  let met: Report['met'] = 'not'
  /** Every worker has been up. */
  let serves = false
  let saidAt = 0
  const open = new Set<Socket>()
  let onNobody = (): void => {}

  const own = createOwnLink({
    connect,
    workers,
    onUp(isEmpty) {
      logger.info('control is there', { control: `${control.host}:${control.port}` })
      saidAt = 0
      met = isEmpty ? 'empty' : 'whole'
      tell()
    },
    onDown(reason) {
      if (performance.now() - saidAt < SAY_EVERY_MS && saidAt > 0) return
      saidAt = performance.now()
      logger.warn('control is away: the workers serve on', { control: `${control.host}:${control.port}`, reason })
    },
  })
  const blocks = new SavedBlocks(state)
  const place = createPlace(state, (digest) => own.fetch(digest))
  tell()
  const server = createServer(onWorker)
  await listen(server, socketPath)
  const late = setTimeout(takeSpare, MEET_MS)

  return {
    async leave() {
      clearTimeout(late)
      own.bye()
      await new Promise<void>((resolve) => {
        onNobody = resolve
        if (open.size === 0) resolve()
      })
      own.close()
      server.close()
    },
  }

  function tell(): void {
    writeReport(state, { met, workers, versions })
  }

  /** Better than nothing: whom it protects with keys that are not here stays closed. */
  function takeSpare(): void {
    const table = spare === null || met !== 'not' || place.saved() !== null ? null : readTable(spare)
    if (table === null) return
    place.keep(table)
    logger.warn('control has not answered: the table that was handed over is used', { version: table.version })
  }

  function note(worker: number, version: number): void {
    if (versions[worker] === version) return
    versions[worker] = version
    tell()
    if (!serves && Array.from({ length: workers }, (_, index) => index + 1).every((one) => one in versions)) {
      serves = true
      own.serves()
    }
  }

  function onWorker(socket: Socket): void {
    open.add(socket)
    let onMessage: ((message: FromWorker) => void) | null = null
    socket.on('error', () => {})
    socket.once('close', () => gone(socket))
    readJsonLines(socket, (value) => {
      const message = value as FromWorker
      if (onMessage !== null) return onMessage(message)
      if (message.type !== 'hello') return void socket.destroy()
      note(message.worker, message.version)
      onMessage = own.isUp ? goOn(socket, message) : serveAlone(socket, message)
    })
  }

  function gone(socket: Socket): void {
    open.delete(socket)
    if (open.size === 0) onNobody()
  }

  /** Control is away. A worker that started before there was a table is given it; then it is as if nobody were here. */
  function serveAlone(socket: Socket, hello: Extract<FromWorker, { type: 'hello' }>): (message: FromWorker) => void {
    const table = place.saved()
    if (table === null || table.version <= hello.version) socket.end()
    else {
      socket.write(toJsonLine({ type: 'table', table } satisfies ToWorker))
      socket.setTimeout(APPLY_MS, () => socket.destroy())
    }
    return (message) => {
      if (message.type === 'applied') note(hello.worker, message.version)
      if (message.type === 'applied' || message.type === 'refused') socket.end()
    }
  }

  function goOn(socket: Socket, hello: Extract<FromWorker, { type: 'hello' }>): (message: FromWorker) => void {
    const far = connect()
    open.add(far)
    let last: Promise<void> = Promise.resolve()
    pass(hello)
    far.on('error', () => {})
    far.once('close', () => {
      socket.destroy()
      gone(far)
    })
    socket.once('end', () => far.end())
    socket.once('close', () => far.end())
    // Whoever does not read fills no memory here: the worker leaves out what can wait.
    far.on('drain', () => socket.resume())
    socket.on('drain', () => far.resume())
    readJsonLines(far, (value) => {
      const message = value as ToGateway
      // One after the other: a table waits for its files, and what follows for the table.
      last = last.then(() => bring(message)).catch(onTrouble)
    })
    return (message) => {
      if (message.type === 'applied') note(hello.worker, message.version)
      pass(message)
    }

    function pass(message: FromWorker): void {
      if (far.writable && !far.write(toJsonLine(message)) && !far.connecting) socket.pause()
    }

    async function bring(message: ToGateway): Promise<void> {
      if (socket.destroyed) return
      switch (message.type) {
        case 'beat':
        case 'welcome':
        case 'file':
          return
        case 'table':
          return give({ type: 'table', table: await receive(message) })
        case 'feed':
          if ('digest' in message) await place.unpackFeed(message)
          return give({ type: 'feed', url: message.url })
        case 'blocks':
          blocks.replace(message.version, message.blocks)
          return give(message)
        case 'blocks-changed':
          blocks.change(message.version, message.changes)
          return give(message)
        default:
          return give(message)
      }
    }

    function give(message: ToWorker): void {
      if (socket.writable && !socket.write(toJsonLine(message))) far.pause()
    }

    function onTrouble(error: unknown): void {
      logger.warn('a line of control could not be used', { worker: hello.worker, error: messageOf(error) })
      far.destroy()
    }
  }

  /** Saved before any worker has it: one that starts from here on begins with it. */
  async function receive(message: Extract<ToGateway, { type: 'table' }>): Promise<RoutingTable> {
    const { table } = message
    const here = 'files' in message ? await place.unpack(table, message.files, message.feeds) : table
    place.keep(here)
    return here
  }
}

function listen(server: Server, path: string): Promise<void> {
  rmSync(path, { force: true })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
