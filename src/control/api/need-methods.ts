import type { ResolvedNeed } from '../../config/resolved.ts'
import type { ProblemJson } from '../../core/problem.ts'
import type { NeedReport } from '../needs/report.ts'

/** The control API's methods about needs. */
export interface NeedMethods {
  /**
   * Has a need of a release running and healthy, and waits for it. `url`: the value of an external need's secret, kept with the
   * release; null: what was kept before. `lack`: what an optional need is missing; a required one is refused instead.
   */
  'need.ensure': {
    input: { token: number; release: string; need: string; url: string | null }
    output: { lack: string | null }
  }
  /** Whether the needs of a release that is not made yet could be had. Starts nothing. */
  'need.check': {
    input: { needs: readonly { need: string; config: ResolvedNeed; url: string | null }[] }
    output: { problems: readonly { need: string; problem: ProblemJson }[] }
  }
  'need.list': { input: { none?: never }; output: { needs: readonly NeedReport[] } }
}
