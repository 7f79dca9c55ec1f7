import type { Clock } from '../../core/clock.ts'
import { compare, judge, type Look, type Verdict } from '../../deploy/analysis.ts'
import type { CanaryProgress, CanaryStep } from '../../deploy/canary.ts'
import { wantsPair } from '../../deploy/filling.ts'
import type { Entrance } from '../../deploy/entrance.ts'
import { addMissed, NOTHING_MISSED, startPairs, withMissed, type Missed, type Pairs } from '../../deploy/pairs.ts'
import type { Release } from '../../deploy/release.ts'
import type { Counters } from '../../gateway/admin/protocol.ts'
import { sampleOf } from '../counter-history.ts'

/** How often a release on trial is looked at. */
export const LOOK_EVERY_MS = 250
/** How often a trial is saved: how much time of its step a dying control forgets. */
const REMEMBER_EVERY_MS = 1_000
/** Looks kept of a step; of more every second one goes. */
const LOOKS_MAX = 1_000
/** The most that lies between two looks of one step; more means that nobody looked. */
const LOOK_MS_MAX = 2_000
/** How often figures are told while a step lasts, and while it waits for answers beyond its time. */
const TELL_EVERY_MS = 5_000
const TELL_WAITING_EVERY_MS = 60_000

/** What a trial remembers across control's death. */
export interface TrialMemory {
  /** Index of the step. */
  readonly step: number
  readonly watchedMs: number
  /** What was counted when the step began; null: it has not begun. */
  readonly from: Look | null
  readonly ended: readonly CanaryStep[]
  /** Failures of the witness's pairs that the gateway does not count, since the trial began. @default none */
  readonly missed?: Missed
}

export const NEW_TRIAL: TrialMemory = { step: 0, watchedMs: 0, from: null, ended: [] }

export interface TrialPort {
  readonly next: Release
  readonly old: Release
  readonly clock: Clock
  /** For the witness. */
  readonly entrance: () => Entrance
  /** By which the gateway knows the witness. */
  readonly word: string
  report(): Promise<Counters>
  /** Sends this share of the clients to the release on trial; resolves when every worker does. */
  share(share: number): Promise<void>
  /** Why somebody wants it back; null: nobody does. */
  askedBack(): string | null
  /** Requests of the deploy's steady witness, which asks the live release, that were not answered in time. */
  liveTimedOut(): number
  remember(memory: TrialMemory): void
  tell(progress: CanaryProgress): void
  note(text: string): void
}

/** A release on trial: step by step more clients, each step judged by what both releases answered in the same time. */
export class Trial {
  readonly #port: TrialPort
  #memory: TrialMemory
  #looks: Look[] = []
  #verdict: Verdict = { kind: 'inconclusive', because: 'nothing was answered yet' }
  #lookedAt: number
  #pairsSinceLook = 0
  #promotedBy: string | null = null
  #pairs: Pairs | null = null

  constructor(port: TrialPort, memory: TrialMemory) {
    this.#port = port
    this.#memory = memory
    this.#lookedAt = port.clock.now()
  }

  get progress(): CanaryProgress {
    const { next } = this.#port
    const { steps, everyMs } = next.config.canary
    const { step, watchedMs } = this.#memory
    return {
      release: next.id,
      step: step + 1,
      steps: steps.length,
      share: steps[step]!,
      lastedMs: watchedMs,
      everyMs,
      ...compare(this.#looks),
      verdict: this.#verdict,
    }
  }

  /** Ends the step that runs now as if it had passed. Returns the share that comes: 1 is the switch. */
  promote(by: string): number {
    this.#promotedBy ??= by
    return this.#port.next.config.canary.steps[this.#memory.step + 1] ?? 1
  }

  /** Goes through the steps from where it stands. Returns why the release must go back, or null when it may have it all. */
  async run(): Promise<string | null> {
    const { next, entrance, word } = this.#port
    const { requests, perSecond } = next.config.witness
    const pairs = startPairs({
      entrance,
      word,
      requests,
      perSecond,
      isWanted: () => this.#needsWitness(),
      onSent: () => void (this.#pairsSinceLook += 1),
      onMissed: (missed) => {
        this.#memory = { ...this.#memory, missed: addMissed(this.#missed, missed) }
      },
    })
    this.#pairs = pairs
    try {
      const { steps } = next.config.canary
      for (;;) {
        const ended = await this.#step(steps[this.#memory.step]!)
        const isLast = ended.end === 'breach' || ended.end === 'aborted' || this.#memory.step === steps.length - 1
        const onward = isLast ? {} : { step: this.#memory.step + 1, watchedMs: 0, from: null }
        this.#remember({ ended: [...this.#memory.ended, ended], ...onward })
        if (isLast) return ended.end === 'breach' || ended.end === 'aborted' ? ended.because : null
      }
    } finally {
      // Its last answers hold up nobody: the decision has been made.
      void pairs.stop()
    }
  }

  async #step(share: number): Promise<CanaryStep> {
    const { clock, next } = this.#port
    this.#promotedBy = null
    this.#looks = []
    await this.#port.share(share)
    const from = this.#memory.from ?? (await this.#look())
    this.#looks = [from]
    this.#remember({ from })
    this.#lookedAt = clock.now()
    let savedAt = this.#lookedAt
    let toldAt = -Infinity
    let isTold = false
    for (;;) {
      await this.#see()
      const isWaiting = this.#memory.watchedMs >= next.config.canary.everyMs
      const end = this.#endOf(isWaiting)
      if (end !== null || this.#lookedAt - toldAt >= (isWaiting ? TELL_WAITING_EVERY_MS : TELL_EVERY_MS)) {
        toldAt = this.#lookedAt
        this.#port.tell(this.progress)
      }
      if (end !== null) return this.#withFigures(end)
      if (isWaiting && !isTold && this.#verdict.kind === 'inconclusive') {
        isTold = true
        this.#port.note(
          `inconclusive: ${this.#verdict.because}; it stays at ${percent(share)} until there are more, ` +
            'or somebody says `seaworthy deploy --promote` or `seaworthy deploy --abort`',
        )
      }
      if (this.#lookedAt - savedAt >= REMEMBER_EVERY_MS) {
        savedAt = this.#lookedAt
        this.#port.remember(this.#memory)
      }
      await clock.sleep(LOOK_EVERY_MS)
    }
  }

  async #see(): Promise<void> {
    const { next, clock } = this.#port
    const look = await this.#look()
    this.#pairsSinceLook = 0
    const now = clock.now()
    // Only time in which somebody looked counts.
    const watchedMs = this.#memory.watchedMs + Math.min(Math.max(0, now - this.#lookedAt), LOOK_MS_MAX)
    this.#lookedAt = now
    this.#memory = { ...this.#memory, watchedMs }
    if (isBehind(look, this.#looks[0]!)) {
      // Counts of a worker that died while control was away are gone: what is left of the step counts from here.
      this.#looks = []
      this.#remember({ from: look, watchedMs: 0 })
    }
    this.#looks.push(look)
    if (this.#looks.length > LOOKS_MAX) this.#looks = this.#looks.filter((_, index) => index % 2 === 0)
    const { errors, p95Ratio } = next.config.watch
    this.#verdict = judge(this.#looks, { errors, p95Ratio, sample: next.config.canary.sample })
  }

  #endOf(isTimeOver: boolean): Pick<CanaryStep, 'end' | 'because'> | null {
    const asked = this.#port.askedBack()
    if (asked !== null) return { end: 'aborted', because: asked }
    if (this.#verdict.kind === 'breach') return { end: 'breach', because: this.#verdict.because }
    if (this.#promotedBy !== null) return { end: 'promoted', because: `by ${this.#promotedBy}` }
    // What hangs is a failure only when its time is over; the last step is the last chance to see it.
    if (this.#pairs?.isOverdue() ?? false) return null
    return isTimeOver && this.#verdict.kind === 'passed' ? { end: 'passed', because: null } : null
  }

  #withFigures(end: Pick<CanaryStep, 'end' | 'because'>): CanaryStep {
    const { share, lastedMs, users, witness } = this.progress
    return { share, lastedMs, users, witness, ...end }
  }

  #needsWitness(): boolean {
    if (this.#looks.length === 0) return false
    const { everyMs, lastedMs, users, witness } = this.progress
    return wantsPair({
      users,
      witness,
      everyMs,
      elapsedMs: lastedMs >= everyMs ? lastedMs : lastedMs + this.#port.clock.now() - this.#lookedAt,
      sample: this.#port.next.config.canary.sample,
      isInconclusive: this.#verdict.kind === 'inconclusive',
      onTheWay: this.#pairsSinceLook,
    })
  }

  async #look(): Promise<Look> {
    const { next, old, clock } = this.#port
    const { next: nextMissed, old: oldMissed } = this.#missed
    // The steady witness's good answers are among the live one's, so must be those that it got none for.
    const liveMissed = { ...oldMissed, timedOut: oldMissed.timedOut + this.#port.liveTimedOut() }
    const counters = await this.#port.report()
    const at = clock.now()
    const sidesOf = (of: 'users' | 'addressed') => ({
      next: sampleOf(next.id, counters, at, of),
      old: sampleOf(old.id, counters, at, of),
    })
    const { next: asked, old: compared } = sidesOf('addressed')
    const witness = { next: withMissed(asked, nextMissed), old: withMissed(compared, liveMissed) }
    return { users: sidesOf('users'), witness }
  }

  get #missed(): Missed {
    return this.#memory.missed ?? NOTHING_MISSED
  }

  #remember(change: Partial<TrialMemory>): void {
    this.#memory = { ...this.#memory, ...change }
    this.#port.remember(this.#memory)
  }
}

function isBehind(look: Look, from: Look): boolean {
  const counts = ({ users, witness }: Look) => [users.next, users.old, witness.next, witness.old]
  const before = counts(from)
  return counts(look).some(({ answers }, index) => answers < before[index]!.answers)
}

/** A share in words. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`
}
