import type { Logger } from '../core/logger.ts'
import { connectKeeper, type KeeperClient } from '../keeper/client.ts'
import type { ChildSpec, ChildState, KeeperEvent, KeeperState, SocketState } from '../keeper/protocol.ts'
import { startKeeper } from '../keeper/successor.ts'

/** A gateway worker starts the successor, because it holds the socket; only when none does by then does control. */
export const SUCCESSION_MS = 3_000
const RETRY_MS = 50

export interface KeeperLinkOptions {
  readonly state: string
  readonly logger: Logger
  readonly onEvent: (event: KeeperEvent) => void
  /** Another keeper is there: compare what it has with what should run. */
  readonly onSuccession: () => Promise<void>
}

/** Control's connection to the keeper, which may die and be succeeded at any time. */
export class KeeperLink {
  readonly #options: KeeperLinkOptions
  #client: Promise<KeeperClient>
  #closing = false

  constructor(options: KeeperLinkOptions) {
    this.#options = options
    this.#client = this.#connect(false)
  }

  listen(name: string, host: string, port: number): Promise<SocketState> {
    return this.#ask((keeper) => keeper.listen({ name, host, port }))
  }

  /** A keeper from before there was this lets nothing go: the socket waits for its successor. */
  unlisten(name: string): Promise<void> {
    return this.#ask((keeper) => keeper.unlisten(name).catch(unlessUnheardOf))
  }

  /** Starts a child, or finds it running. */
  spawn(spec: ChildSpec): Promise<ChildState> {
    return this.#ask(async (keeper) => {
      const { children } = await keeper.list()
      const running = children.find(({ name, state }) => name === spec.name && state === 'running')
      return running ?? keeper.spawn(spec)
    })
  }

  signal(name: string, signal: NodeJS.Signals, options: { group?: boolean; final?: boolean } = {}): Promise<void> {
    return this.#ask(async (keeper) => {
      await keeper.signal({ name, signal, ...options }).catch(unlessUnknown)
    })
  }

  list(): Promise<KeeperState> {
    return this.#ask((keeper) => keeper.list())
  }

  forget(name: string): Promise<void> {
    return this.#ask((keeper) => keeper.forget(name).catch(unlessUnknown))
  }

  async shutdown(graceMs: number): Promise<void> {
    this.#closing = true
    await (await this.#client).shutdown(graceMs)
  }

  async close(): Promise<void> {
    this.#closing = true
    ;(await this.#client).close()
  }

  /** Asks once more when the keeper died over the question; all questions can be asked twice. */
  async #ask<T>(question: (keeper: KeeperClient) => Promise<T>): Promise<T> {
    const keeper = await this.#client
    try {
      return await question(keeper)
    } catch (error) {
      if (!isLost(error) || this.#closing) throw error
      // Whoever watches `closed` in #connect has by then put the successor's connection in its place.
      await keeper.closed
      return question(await this.#client)
    }
  }

  async #connect(isSuccession: boolean): Promise<KeeperClient> {
    const { logger, onEvent, onSuccession } = this.#options
    const keeper = await this.#reach()
    void keeper.closed.then(({ bye }) => {
      if (bye || this.#closing) return
      logger.warn('the keeper is gone; waiting for its successor')
      this.#client = this.#connect(true)
      this.#client.catch((error: unknown) => logger.error('no keeper', { error: String(error) }))
    })
    await keeper.events(onEvent)
    if (isSuccession) {
      logger.info('connected to the successor of the keeper')
      queueMicrotask(() => {
        onSuccession().catch((error: unknown) => logger.error('reconciling failed', { error: String(error) }))
      })
    }
    return keeper
  }

  async #reach(): Promise<KeeperClient> {
    const { state, logger } = this.#options
    const startOneAt = performance.now() + SUCCESSION_MS
    for (;;) {
      try {
        return await connectKeeper(state)
      } catch {
        if (performance.now() > startOneAt) {
          await startKeeper(state).catch((error: unknown) => logger.error('no keeper starts', { error: String(error) }))
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS))
      }
    }
  }
}

/** The keeper died over the question; a late answer is no answer either. */
function isLost(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'keeper.connection-lost'
}

function unlessUnheardOf(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && String(error.code).endsWith('.bad-request'))) throw error
}

/** Telling something to a child that is forgotten, or that never was, is done already. */
function unlessUnknown(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'keeper.unknown-child')) throw error
}
