import type { Clock } from '../../core/clock.ts'
import type { DeployRecord } from '../../deploy/journal.ts'
import type { Contract } from '../api/contract.ts'
import type { HookExit, OwedHook } from '../api/hooks-methods.ts'
import type { State } from '../state.ts'
import { HOOK_TIMEOUT_MS, hookOf } from './hook-job.ts'
import type { Owed, OwedRow } from './owed.ts'

/** A run that has not said how it ended by then is lost: its command ends it before. */
const LATE_MS = HOOK_TIMEOUT_MS + 60_000
/** After so long nobody wants to hear of it any more. */
const OWED_MS_MAX = 24 * 60 * 60_000
/** Of what a hook has written last, whoever tells of it. */
const LINES_MAX = 30
const LINE_CHARACTERS_MAX = 2_000

export interface HooksElsewhereOptions {
  readonly state: Pick<State, 'deploy'>
  readonly clock: Pick<Clock, 'now'>
  readonly owed: Owed
  /** Control runs hooks itself: then nobody else does. */
  readonly runs: boolean
  readonly onEnd: (row: OwedRow, deploy: DeployRecord, exit: HookExit) => void
}

/**
 * Hooks after deploys where control has neither the folder of the config nor its programs: commands run them on the machine
 * that they are called on, and control remembers what is owed, who has taken it, and what came of it.
 */
export class HooksElsewhere {
  readonly #options: HooksElsewhereOptions

  constructor(options: HooksElsewhereOptions) {
    this.#options = options
  }

  /** Oldest first. */
  owed(): readonly OwedHook[] {
    const { clock } = this.#options
    return this.#open().map(({ row: { runner }, deploy }) => ({
      deploy: deploy.id,
      time: hookOf(deploy).time,
      runner: runner === undefined ? null : { ...runner, isLate: clock.now() - runner.at > LATE_MS },
    }))
  }

  /** At the end of a deploy, and now and then: what nobody owes is settled, and so is what nobody came for. */
  look(deploy: DeployRecord): void {
    const { clock, owed, onEnd } = this.#options
    const row = owed.find(deploy.id)!
    if (hookOf(deploy).argv === null) return owed.save({ ...row, settled: true })
    if (clock.now() - Math.max(deploy.finishedAt ?? 0, row.runner?.at ?? 0) <= OWED_MS_MAX) return
    onEnd(row, deploy, { ok: false, description: 'was given up: no command has run it for a day', lastLines: [] })
  }

  /** Whether the hook is theirs now. */
  take({ deploy: id, runner, instead }: Contract['hook.begin']['input']): boolean {
    const { clock, owed } = this.#options
    const found = this.#open().find(({ deploy }) => deploy.id === id)
    if (found === undefined || (found.row.runner?.run ?? null) !== instead) return false
    const { time } = hookOf(found.deploy)
    const hook = { time, state: 'running' as const, description: '', lastLines: [] }
    owed.save({ ...found.row, hook, runner: { ...runner, at: clock.now() } })
    return true
  }

  end({ deploy: id, run, exit }: Contract['hook.end']['input']): void {
    const found = this.#open().find(({ deploy, row }) => deploy.id === id && row.runner?.run === run)
    if (found === undefined) return
    const lastLines = exit.lastLines.slice(-LINES_MAX).map((line) => line.slice(0, LINE_CHARACTERS_MAX))
    this.#options.onEnd(found.row, found.deploy, { ...exit, lastLines })
  }

  #open(): readonly { readonly row: OwedRow; readonly deploy: DeployRecord }[] {
    const { owed, state, runs } = this.#options
    if (runs) return []
    return owed.open().flatMap((row) => {
      const deploy = state.deploy(row.deploy)
      const isOwed = deploy !== null && deploy.state !== 'running' && hookOf(deploy).argv !== null
      return isOwed ? [{ row, deploy }] : []
    })
  }
}
