import type { Baseline, Sample } from '../../deploy/watch.ts'
import type { WatchVerdict } from '../../deploy/proof.ts'
import type { DrainReport } from '../../gateway/admin/protocol.ts'
import type { RolloutRow } from '../state.ts'
import type { TrialMemory } from './trial.ts'

/** What a rollout remembers across control's death; JSON in state.db. */
export interface RolloutDetail {
  readonly from?: string | null
  /** How long the release has been looked at. */
  readonly watchedMs?: number
  /** Until when the release that was warm before was to be kept. */
  readonly warmUntilBefore?: number | null
  readonly wayBefore?: readonly string[]
  readonly baseline?: Baseline
  readonly because?: string
  readonly trial?: TrialMemory
  /** The phase in which something unforeseen ended it: `--resume` begins there again. */
  readonly failedIn?: RolloutRow['phase'] | null
  /** The first look of the watch and one of the newest: control goes on from them after its own death. */
  readonly looks?: readonly [Sample, Sample]
  /** The last look before the newest run of errors began, and the look that saw its latest; milliseconds. */
  readonly erring?: { readonly since: number; readonly lastAt: number } | null
  readonly watch?: WatchVerdict
  readonly drain?: DrainReport & { readonly moved: number }
}
