import type { Entrance } from '../../deploy/entrance.ts'
import type { Clock } from '../../core/clock.ts'
import { messageOf } from '../../core/problem.ts'
import { breachOf, ERROR_WINDOW_MS, type Baseline, type Sample } from '../../deploy/watch.ts'
import { verdictOf } from '../../deploy/watch-end.ts'
import { isPastSwitch, type DeployRecord } from '../../deploy/journal.ts'
import type { Operation } from '../../deploy/plan.ts'
import type { Proof, WatchVerdict } from '../../deploy/proof.ts'
import type { Release } from '../../deploy/release.ts'
import type { Counters, DrainReport } from '../../gateway/admin/protocol.ts'
import type { Silent } from '../../gateway/admin/fleet.ts'
import type { RolloutEvent } from '../api/contract.ts'
import { sampleOf, upgradesOf } from '../counter-history.ts'
import { HEARTBEAT_MS, type Leases } from '../lease.ts'
import type { RolloutRow, State } from '../state.ts'
import type { Traffic } from '../traffic.ts'
import { wayAfter, wayBack } from '../way-back.ts'
import type { RolloutDetail } from './detail.ts'
import type { Followers } from './followers.ts'
import { NEW_TRIAL, Trial } from './trial.ts'
import type { Witnesses } from './witnesses.ts'

/** How often a watched release is looked at. */
export const WATCH_EVERY_MS = 250
/** How often the newest look is saved: what a dying control forgets of the watch. */
const REMEMBER_EVERY_MS = 1_000
/** Samples kept of a watch: enough for the longest stretch that is judged. */
const SAMPLES_MAX = 2_000
/** The most that lies between two looks of one watch; more means that nobody looked. */
const LOOK_MS_MAX = 2_000

/** What a rollout moves. Each call is complete when it returns, and can be made again. */
export interface RolloutWorld {
  readonly state: State
  readonly leases: Leases
  readonly clock: Clock
  readonly witnesses: Witnesses
  readonly traffic: Pick<Traffic, 'switchTo' | 'refresh' | 'upstreamsOf'>
  entrance(): Entrance
  drain(upstreams: readonly string[], withinMs: number): Promise<DrainReport>
  report(): Promise<Counters>
  baselineOf(release: string, now: Counters): Baseline
  /** Why going back to a release would be to nobody, unless a command starts it again. Null: it serves, or can be started in here. */
  outOfReach(release: Release): Promise<string | null>
  /** Brings back a release's instances where they were stopped for the new ones. */
  revive(release: Release, insteadOf: Release): Promise<void>
  stopInstances(release: string): Promise<void>
  saveProof(deploy: DeployRecord, part: Pick<Proof, 'watch' | 'drain' | 'canary'>): void
}

/** One deploy from its trial or its switch until the old release has drained, or until the old one serves again. */
export class Rollout {
  readonly #world: RolloutWorld
  readonly #followers: Followers
  readonly #deploy: DeployRecord
  #token: number
  #phase: RolloutRow['phase']
  #detail: RolloutDetail
  #askedBack: string | null = null
  #trial: Trial | null = null

  constructor(row: RolloutRow, world: RolloutWorld, followers: Followers) {
    this.#world = world
    this.#followers = followers
    this.#deploy = world.state.deploy(row.deploy)!
    this.#token = row.token
    this.#phase = row.phase
    this.#detail = row.detail as RolloutDetail
  }

  /** Its next calls carry the token of a newer lease. */
  adopt(token: number): void {
    this.#token = token
  }

  /** Heard by the watch; whoever asks while there is none is answered when this rollout has settled: see `unanswered`. */
  askBack(because: string): void {
    this.#askedBack = because
  }

  /** A wish to go back that came too late for the watch. */
  get unanswered(): { readonly token: number; readonly because: string } | null {
    const isOpen = this.#askedBack !== null && this.#world.state.deploy(this.#deploy.id)?.state === 'running'
    return isOpen ? { token: this.#token, because: this.#askedBack! } : null
  }

  /** The trial that runs now. */
  get trial(): Trial | null {
    return this.#phase === 'canary' ? this.#trial : null
  }

  async run(): Promise<void> {
    const heartbeat = setInterval(() => this.#renew(), HEARTBEAT_MS)
    this.#renew()
    try {
      this.#world.witnesses.start(this.#deploy)
      if (this.#phase === 'canary') await this.#canary()
      if (this.#phase === 'switch') await this.#switch()
      if (this.#phase === 'watch') await this.#watch()
      if (this.#phase === 'drain') await this.#drain()
      if (this.#phase === 'back') await this.#back()
    } finally {
      clearInterval(heartbeat)
      await this.#closeProof()
    }
  }

  /**
   * Something unforeseen: traffic stays where it is, and the deploy says so. Before the release is live it goes back where no
   * command is there to decide that: a part of the clients may be on it, and nobody judges it any more.
   */
  fail(message: string, code: string | null): void {
    const mayGoBack = (this.#phase === 'canary' || this.#phase === 'switch') && this.#old !== null
    if (mayGoBack && !this.#world.leases.hasCommand()) this.#askedBack ??= `its ${this.#phase} failed: ${message}`
    this.#emit({ kind: 'settled', outcome: 'failed', text: message, ...(code === null ? {} : { code }) })
    this.#save('settled', { failedIn: this.#phase })
  }

  get #next(): Release {
    return this.#deploy.plan.release
  }

  get #old(): Release | null {
    const from = this.#deploy.plan.base.live
    return from === null ? null : this.#world.state.release(from)
  }

  async #canary(): Promise<void> {
    const { clock } = this.#world
    this.#journal('canary', 'begin')
    const memory = this.#detail.trial ?? NEW_TRIAL
    this.#trial = new Trial(
      {
        next: this.#next,
        old: this.#old!,
        clock,
        entrance: () => this.#world.entrance(),
        word: this.#world.witnesses.word,
        report: () => this.#world.report(),
        share: (share) => this.#share({ release: this.#next.id, share }),
        askedBack: () => this.#askedBack,
        liveTimedOut: () => this.#world.witnesses.timedOut(this.#deploy.id),
        remember: (trial) => this.#save('canary', { trial }),
        tell: (progress) => this.#emit({ kind: 'canary', progress }),
        note: (text) => this.#note(text),
      },
      memory,
    )
    // Clients are on a release that nobody judges any more: whatever went wrong, they go back.
    const because = await this.#trial.run().catch((error: unknown) => `its trial failed: ${messageOf(error)}`)
    if (because !== null) return this.#save('back', { because })
    this.#journal('canary', 'end')
    this.#save('switch')
  }

  /** What control did by itself meanwhile, a stop of a service say, has drawn tokens, and the gateway refuses older ones. */
  #takeNewest(): void {
    this.#token = Math.max(this.#token, this.#world.state.get('token'))
  }

  /** The share of clients that try a release; null ends the trial. Only this rollout gives shares: no token is older. */
  async #share(canary: { readonly release: string; readonly share: number } | null): Promise<void> {
    const { state, traffic } = this.#world
    this.#takeNewest()
    state.set('canary', canary)
    await traffic.refresh(this.#token)
  }

  async #switch(): Promise<void> {
    const { state, clock } = this.#world
    this.#journal('switch', 'begin')
    const counters = await this.#world.report()
    const baseline = this.#old ? this.#world.baselineOf(this.#old.id, counters) : { answers: 0, errors: 0, p95Ms: null }
    state.saveRelease(this.#next)
    await this.#switchTo(this.#next, { leftOut: false })
    state.atomically(() => {
      const before = state.get('live')
      const warmUntilBefore = state.get('warmUntil')
      const wayBefore = wayBack(state)
      if (before !== this.#next.id) {
        const { kind } = this.#deploy.plan
        state.set('wayBack', wayAfter(wayBefore, { kind, from: before, to: this.#next.id }))
        state.set('live', this.#next.id)
        state.set('canary', null)
        if (kind === 'deploy') state.set('warm', before)
        if (kind === 'rollback' || kind === 'rotate') state.set('warm', null)
        state.set(
          'warmUntil',
          kind === 'deploy' && before ? clock.now() + this.#next.config.watch.warmMs : state.get('warmUntil'),
        )
      }
      this.#journal('switch', 'end')
      this.#save('watch', { baseline, warmUntilBefore, wayBefore })
    })
    this.#world.witnesses.start(this.#deploy)
  }

  async #watch(): Promise<void> {
    if (!this.#has('watch')) return this.#save('drain')
    const { clock } = this.#world
    const { watch } = this.#next.config
    this.#journal('watch', 'begin')
    let watchedMs = this.#detail.watchedMs ?? 0
    const samples: Sample[] = [...(this.#detail.looks ?? [])]
    let lookedAt = clock.now()
    for (;;) {
      const now = clock.now()
      const sample = sampleOf(this.#next.id, await this.#world.report(), now)
      // Only time in which somebody looked counts: not that in which control was away, or everything was stopped.
      watchedMs += Math.min(Math.max(0, now - lookedAt), LOOK_MS_MAX)
      lookedAt = now
      samples.push(sample)
      this.#remember(samples, watchedMs)
      if (samples.length > SAMPLES_MAX) samples.splice(1, 1)
      const breach = this.#askedBack ?? breachOf(samples, this.#detail.baseline!, watch)
      if (breach !== null) return this.#breached(breach, samples)
      if (watchedMs >= watch.forMs) return this.#passed(samples)
      await clock.sleep(WATCH_EVERY_MS)
    }
  }

  /** Only what must outlive control, and not at every look: each save is synced. */
  #remember(samples: readonly Sample[], watchedMs: number): void {
    const [first, before, last] = [samples[0]!, samples.at(-2), samples.at(-1)!]
    const { erring = null, looks } = this.#detail
    const rose = before !== undefined && last.errors > before.errors
    const goesOn = erring !== null && last.at - erring.lastAt <= 2 * ERROR_WINDOW_MS
    const now = rose ? { since: goesOn ? erring.since : before.at, lastAt: last.at } : erring
    const isDue = last.at - (looks?.[1].at ?? 0) >= REMEMBER_EVERY_MS
    if (isDue || now?.since !== erring?.since) this.#save('watch', { looks: [first, last], erring: now, watchedMs })
    else this.#detail = { ...this.#detail, erring: now }
  }

  #passed(samples: readonly Sample[]): void {
    const verdict = verdictOf(samples, this.#next.config.watch.sample)
    if (verdict.verdict === 'inconclusive')
      this.#note(`too few answers for a verdict: ${verdict.answers} seen, ${verdict.needed} needed`)
    this.#journal('watch', 'end')
    this.#save('drain', { watch: verdict })
  }

  #breached(because: string, samples: readonly Sample[]): void {
    const { clock } = this.#world
    const first = samples[0]!
    const last = samples.at(-1)!
    const watch: WatchVerdict = {
      verdict: 'breach',
      because,
      answers: last.answers - first.answers,
      errors: last.errors - first.errors,
      failed: last.errors - first.errors,
      detectedMs: clock.now() - (this.#detail.erring?.since ?? last.at),
      backMs: 0,
    }
    this.#note(`breach: ${because}`)
    this.#save('back', { watch, because })
  }

  async #drain(): Promise<void> {
    const old = this.#old
    if (this.#has('drain') && old) {
      this.#journal('drain', 'begin')
      const opened = upgradesOf(this.#next.id, await this.#world.report())
      const report = await this.#world.drain(this.#world.traffic.upstreamsOf(old.id), this.#next.config.drainMs)
      const reopened = await this.#untilMoved(report.websockets, opened)
      this.#save('drain', { drain: { ...report, moved: reopened } })
      this.#journal('drain', 'end')
    }
    const outcome = this.#detail.watch?.verdict === 'inconclusive' ? 'inconclusive' : 'switched'
    await this.#closeProof()
    this.#emit({ kind: 'settled', outcome, text: `${this.#next.id} is live` })
    this.#save('settled')
  }

  /** Clients that got 1012 come back by themselves; they are given a moment to do so. */
  async #untilMoved(websockets: number, openedBefore: number): Promise<number> {
    const { clock } = this.#world
    const until = clock.now() + 2_000
    for (;;) {
      const moved = Math.min(websockets, upgradesOf(this.#next.id, await this.#world.report()) - openedBefore)
      if (moved >= websockets || clock.now() >= until) return moved
      await clock.sleep(100)
    }
  }

  async #back(): Promise<void> {
    const { state, clock } = this.#world
    const old = this.#old
    if (old === null) throw new Error('there is no earlier release to go back to')
    if (!isPastSwitch(state.journal(this.#deploy.id))) return this.#endTrial(old)
    const decidedAt = clock.now()
    const because = this.#detail.because ?? 'asked for'
    const lack = await this.#world.outOfReach(old)
    if (lack !== null) await this.#followers.help(this.#deploy.id, lack, (text) => this.#note(text))
    await this.#world.revive(old, this.#next)
    // Going back only ever returns to what was live: a newer token that somebody drew meanwhile does not forbid it.
    this.#takeNewest()
    // A switch that failed has left its trial in force.
    state.set('canary', null)
    await this.#switchTo(old, { leftOut: true })
    state.atomically(() => {
      // Nobody wants to roll back to what was just taken back.
      const { kind } = this.#deploy.plan
      if (kind === 'deploy' || kind === 'rotate') state.unmarkLive(this.#next.id)
      state.set('live', old.id)
      if (this.#detail.wayBefore) state.set('wayBack', this.#detail.wayBefore)
      const warm = this.#warmBefore()
      state.set('warm', warm)
      state.set('warmUntil', warm === null ? null : (this.#detail.warmUntilBefore ?? clock.now()))
    })
    const backMs = clock.now() - decidedAt
    const report = await this.#world.drain(this.#world.traffic.upstreamsOf(this.#next.id), this.#next.config.drainMs)
    const { watch, looks } = this.#detail
    if (watch?.verdict === 'breach') {
      // Counted again once its last answer is out: users also met it while the decision was carried out.
      const { errors } = sampleOf(this.#next.id, await this.#world.report(), clock.now())
      this.#save('back', { watch: { ...watch, failed: errors - (looks?.[0].errors ?? 0), backMs } })
    }
    await this.#takenBack(because, old, report)
  }

  /** The live release was never left: the trial's clients return to it, then the release goes. */
  async #endTrial(old: Release): Promise<void> {
    await this.#share(null)
    const report = await this.#world.drain(this.#world.traffic.upstreamsOf(this.#next.id), this.#next.config.drainMs)
    await this.#takenBack(this.#detail.because ?? 'asked for', old, report)
  }

  async #takenBack(because: string, old: Release, report: DrainReport): Promise<void> {
    const { state, clock } = this.#world
    this.#save('back', { drain: { ...report, moved: report.websockets } })
    await this.#closeProof()
    await this.#world.stopInstances(this.#next.id)
    state.atomically(() => {
      state.finishDeploy(this.#deploy.id, 'taken-back', because, clock.now())
      state.addEvent(clock.now(), 'taken-back', `${this.#next.id} was taken back: ${because}; ${old.id} serves again`)
      this.#emit({ kind: 'settled', outcome: 'taken-back', text: because })
      this.#save('settled')
    })
  }

  /** The release that was warm before, as long as it has not been retired: going back leaves the world as it was. */
  #warmBefore(): string | null {
    const { warm } = this.#deploy.plan.base
    const isThere = warm !== null && warm !== this.#next.id && this.#world.traffic.upstreamsOf(warm).length > 0
    return isThere ? warm : null
  }

  async #switchTo(release: Release, silent: Silent): Promise<void> {
    const { witnesses, clock, state } = this.#world
    // No other deploy begins while this one is open, and a command settles it first: the newest token is not a rival's.
    if (state.deploy(this.#deploy.id)?.state === 'running') this.#takeNewest()
    using _ = witnesses.switching(this.#deploy.id)
    const { firstAckNs, lastAckNs, workers } = await this.#world.traffic.switchTo(release, this.#token, silent)
    const tookMs = (lastAckNs - firstAckNs) / 1e6
    witnesses.switched(this.#deploy.id, { to: release.id, firstAckNs, lastAckNs }, workers, clock.now())
    this.#emit({ kind: 'switched', to: release.id, tookMs, workers, lastAckNs })
  }

  #has(kind: Operation['kind']): boolean {
    return this.#deploy.plan.operations.some((operation) => operation.kind === kind)
  }

  async #closeProof(): Promise<void> {
    await this.#world.witnesses.stop(this.#deploy.id)
    const { watch = null, drain = null, trial } = this.#detail
    this.#world.saveProof(this.#deploy, { watch, drain, canary: trial?.ended ?? null })
  }

  #journal(operation: string, point: 'begin' | 'end'): void {
    const at = this.#world.clock.now()
    this.#world.state.writeJournal({ deploy: this.#deploy.id, operation, point, at })
    this.#emit({ kind: 'journal', operation, point })
  }

  #note(text: string): void {
    this.#emit({ kind: 'note', text })
  }

  #emit(event: RolloutEvent['event']): void {
    this.#world.state.addRolloutEvent(this.#deploy.id, this.#world.clock.now(), event)
  }

  #save(phase: RolloutRow['phase'], detail: Partial<RolloutDetail> = {}): void {
    this.#phase = phase
    this.#detail = { ...this.#detail, ...detail }
    this.#world.state.saveRollout({ deploy: this.#deploy.id, token: this.#token, phase, detail: this.#detail })
  }

  /** A newer lease means that somebody else is at work; the gateway's fence refuses what we would still send. */
  #renew(): void {
    try {
      this.#world.leases.renew(this.#token)
    } catch {
      // Taking back stays possible without the lease: it only ever returns to what was live.
    }
  }
}
