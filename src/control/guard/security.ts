import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import { messageOf } from '../../core/problem.ts'
import type { Connection } from '../../gateway/admin/connection.ts'
import type { FleetGuard } from '../../gateway/admin/fleet.ts'
import type { GuardFromWorker } from '../../gateway/admin/guard-protocol.ts'
import { readSavedTable } from '../../gateway/table-store.ts'
import type { RoutingTable } from '../../gateway/table.ts'
import type { SecurityEvent } from '../../guard/event.ts'
import { clientNetworkOf, networkText } from '../../guard/reputation/address.ts'
import { BLOCKS_FILE } from '../../guard/reputation/block-journal.ts'
import { Reputation, type ClientRiskReport, type Refusal } from '../../guard/reputation/reputation.ts'
import { RiskBook } from '../../guard/reputation/risk.ts'
import type { State } from '../state.ts'
import { Analytics } from './analytics.ts'
import { Blocks } from './blocks.ts'
import { EventLog } from './events/log.ts'
import { newestEvents, type EventFilter } from './events/query.ts'
import { controlEvent, eventOf, type EventRecord } from './events/record.ts'
import { Lockouts } from './lockouts.ts'
import { Feeds } from './feeds.ts'
import { ReceivedBatches } from './received-batches.ts'

const RETAIN_EVERY_MS = 60_000
/** Events that are read again at the start, to know the risks of before. */
const REMEMBERED = { count: 5_000, forMs: 60 * 60_000 } as const
/** Workers are told of a risk when it has moved by so much. */
const RISK_STEP = 5
const TOLD_MAX = 20_000

export interface SecurityOptions {
  readonly folder: string
  readonly state: State
  readonly clock: Clock
  readonly logger: Logger
  /** The table that workers were given since this control has started. */
  readonly table: () => RoutingTable | null
}

/** What control knows of attacks and does about them: the log of events, risks, blocks. */
export class Security implements FleetGuard {
  readonly blocks: Blocks
  readonly lockouts: Lockouts
  readonly feeds: Feeds
  readonly log: EventLog
  readonly risks = new RiskBook()
  readonly analytics = new Analytics()
  readonly #options: SecurityOptions
  readonly #received = new ReceivedBatches()
  readonly #peers = new Set<Connection>()
  /** The risk each client was last told to have. */
  readonly #told = new Map<string, number>()
  #retainedAtMs = 0
  #savedTable: RoutingTable | null = null

  constructor(options: SecurityOptions) {
    const { folder, state, clock } = options
    this.#options = options
    mkdirSync(join(folder, 'guard'), { recursive: true, mode: 0o700 })
    this.log = new EventLog({
      folder,
      state,
      clock,
      onTrouble: (text) => state.addEvent(clock.now(), 'security-events', text),
    })
    this.lockouts = new Lockouts(
      () => this.table()?.guard?.lockout ?? null,
      () => clock.now(),
    )
    this.blocks = new Blocks({
      file: join(folder, BLOCKS_FILE),
      now: () => clock.now(),
      allowed: () => this.table()?.guard?.allow ?? [],
      trusted: () => this.table()?.trustedProxies ?? [],
      onChange: (kind, block, by) => {
        const until =
          block.untilMs === null ? 'until it is taken away' : `until ${new Date(block.untilMs).toISOString()}`
        const reason = kind === 'block-added' ? `${block.source}: ${block.reason}; ${until}` : block.source
        this.tell(controlEvent(kind, clock.now(), { client: block.address, by, reason }))
      },
    })
    this.feeds = new Feeds({
      folder,
      clock,
      feeds: () => this.table()?.guard?.feeds ?? [],
      onLoaded: (url) => this.#peers.forEach((peer) => peer.send({ type: 'feed', url })),
      tell: (event) => this.tell(event),
    })
  }

  /** Reads the newest events again, so that risks and counts survive a restart. Blocks nobody: that was done then. */
  async remember(): Promise<void> {
    const { folder, clock } = this.#options
    const since = clock.now() - REMEMBERED.forMs
    for (const record of await newestEvents(folder, { sinceMs: since }, REMEMBERED.count)) {
      const event = eventOf(record)
      this.analytics.note(event)
      const client = clientKey(event.client)
      if (client === null) continue
      if (event.kind === 'block-removed' && event.principal !== 'control') this.risks.forget(client)
      else this.risks.note(client, event, event.atMs)
    }
  }

  joined(connection: Connection): void {
    this.#peers.add(connection)
    this.blocks.workers.joined(connection, this.blocks.book.list())
    this.lockouts.joined(connection)
    const now = this.#options.clock.now()
    const reports = this.risks.top(1_000, now).map(({ client, risk }) => ({ client, risk, atMs: now }))
    if (reports.length > 0) connection.send({ type: 'risks', reports })
  }

  gone(connection: Connection): void {
    this.#peers.delete(connection)
    this.blocks.workers.gone(connection)
    this.lockouts.gone(connection)
  }

  onMessage(connection: Connection, message: GuardFromWorker): void {
    switch (message.type) {
      case 'security':
        return this.#onEvents(connection, message)
      case 'blocks-applied':
        return this.blocks.workers.applied(connection, message.version)
      case 'lease':
        return
    }
  }

  /** Why a client is refused now, as the workers know it. */
  refusalOf(client: string): Refusal | null {
    const reputation = new Reputation()
    const guard = this.table()?.guard
    reputation.configure({ allow: guard?.allow ?? [], block: guard?.block ?? [] })
    reputation.replaceBlocks(this.blocks.book.list())
    reputation.replaceFeeds(this.feeds.sets())
    return reputation.refusalOf(client, this.#options.clock.now())
  }

  riskOf(client: string): number {
    const key = clientKey(client)
    return key === null ? 0 : this.risks.of(key, this.#options.clock.now()).risk
  }

  events(filter: EventFilter, limit: number): Promise<readonly EventRecord[]> {
    return newestEvents(this.#options.folder, filter, limit)
  }

  trouble(error: unknown): void {
    this.#options.logger.error('guard', { error: messageOf(error) })
  }

  /** An event of control's own. */
  tell(event: SecurityEvent): void {
    this.analytics.note(event)
    void this.log.append([event])
  }

  /** Takes a block away, and with it what was held against the client. */
  async unblock(address: string, by: string): ReturnType<Blocks['remove']> {
    const removed = await this.blocks.remove(address, by)
    this.risks.forget(removed.block.address)
    this.#tellRisks([{ client: removed.block.address, risk: 0, atMs: this.#options.clock.now() }])
    return removed
  }

  /** What comes due with time. */
  async tick(): Promise<void> {
    this.blocks.book.expire()
    const now = this.#options.clock.now()
    if (now - this.#retainedAtMs < RETAIN_EVERY_MS) return
    this.#retainedAtMs = now
    await this.log.retain()
  }

  async close(): Promise<void> {
    this.blocks.book.close()
    await this.log.close()
  }

  /** The table in force, also before this control has given one. */
  table(): RoutingTable | null {
    return this.#options.table() ?? (this.#savedTable ??= readSavedTable(this.#options.folder))
  }

  #onEvents(connection: Connection, { batch, events }: Extract<GuardFromWorker, { type: 'security' }>): void {
    const kept = this.#received.once(connection.incarnation, batch, () => {
      // First what was seen, then what came of it.
      const written = this.log.append(events)
      this.#judge(events)
      return written
    })
    // Confirmed when it is in the file: a control that dies before gets it again.
    void kept.then(() => connection.send({ type: 'security-kept', batch }))
  }

  #judge(events: readonly SecurityEvent[]): void {
    const now = this.#options.clock.now()
    const touched = new Set<string>()
    for (const event of events) {
      this.analytics.note(event)
      this.lockouts.note(event)
      const client = clientKey(event.client)
      if (client === null) continue
      this.risks.note(client, event, now)
      touched.add(client)
    }
    const reports: ClientRiskReport[] = []
    for (const client of touched) {
      const risk = this.risks.of(client, now)
      const block = this.blocks.book.judge(client, risk)
      if (block !== null) this.#options.logger.info('blocked', { client, reason: block.reason })
      if (Math.abs(risk.risk - (this.#told.get(client) ?? 0)) < RISK_STEP) continue
      this.#told.delete(client)
      this.#told.set(client, risk.risk)
      if (this.#told.size > TOLD_MAX) this.#told.delete(this.#told.keys().next().value!)
      reports.push({ client, risk: risk.risk, atMs: now })
    }
    this.#tellRisks(reports)
  }

  #tellRisks(reports: readonly ClientRiskReport[]): void {
    if (reports.length === 0) return
    for (const peer of this.#peers) peer.send({ type: 'risks', reports })
  }
}

/** The client as its risk is kept; null: nobody in particular. */
function clientKey(client: string): string | null {
  const network = clientNetworkOf(client)
  return network && networkText(network)
}
