import type { CanaryProgress } from '../../deploy/canary.ts'

/** What a person says to a trial, whoever holds the lease: the deploy that runs it goes on or back accordingly. */
export interface CanaryMethods {
  /** The next step now; `share`: of the clients, 1 when it is the switch. `by`: who says so. */
  'canary.promote': { input: { by: string }; output: { deploy: string; share: number } }
  /** Back to the live release. Follow the rollout for its end. */
  'canary.abort': { input: { by: string }; output: { deploy: string } }
}

/** A trial as `status` shows it. */
export interface CanaryStatus {
  readonly deploy: string
  readonly progress: CanaryProgress
}
