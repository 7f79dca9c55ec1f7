import { Problem } from '../core/problem.ts'
import { judgeLatency, judgeStep, nextRate, type Limits, type Next, type Step } from './capacity.ts'
import type { LoadOptions } from './options.ts'
import type { LoadResult } from './result.ts'

/** Times a rate is tried before it counts as too much: a machine has bad moments of its own. */
const TRIES_MAX = 2
/** Times that one step may be spoilt by the generator's own lag before the search gives up. */
const SPOILT_MAX = 3
/** How long an instance may take to work off what a step has left to it. */
const SETTLE_MS_MAX = 30_000
const SETTLE_RATE = 5
const SETTLE_STEP_MS = 600

export interface CapacityStep extends Step {
  readonly result: LoadResult
}

export interface CapacityRequest {
  readonly options: LoadOptions
  readonly limits: Limits
  readonly firstPerSecond: number
  readonly stepMs: number
  readonly generate: (options: LoadOptions, signal: AbortSignal) => Promise<LoadResult>
  readonly onStep: (step: CapacityStep) => void
  readonly signal: AbortSignal
}

export interface Capacity {
  readonly outcome: Exclude<Next, { readonly kind: 'try' }>
  readonly steps: readonly CapacityStep[]
}

/** Finds the highest rate at which the limits hold, to 5 %. @throws Problem `load.saturated`, and whatever aborts it */
export async function findCapacity(request: CapacityRequest): Promise<Capacity> {
  const steps: CapacityStep[] = []
  for (;;) {
    const next = nextRate(steps, request.firstPerSecond)
    if (next.kind !== 'try') return { outcome: next, steps }
    const step = await trySteps(next.perSecond, request)
    steps.push(step)
    request.onStep(step)
  }
}

async function trySteps(perSecond: number, request: CapacityRequest): Promise<CapacityStep> {
  const { options, limits, stepMs, generate, signal } = request
  for (let tries = 1; ; tries++) {
    const result = await believed(() => generate({ ...options, perSecond, forMs: stepMs }, signal))
    signal.throwIfAborted()
    const because = judgeStep(result, limits)
    if (because !== null) await settle(request)
    if (because === null || tries === TRIES_MAX) return { perSecond, because, result }
  }
}

/** A busy machine holds the generator up now and then; what it measured then is thrown away and measured again. */
async function believed(run: () => Promise<LoadResult>): Promise<LoadResult> {
  for (let spoilt = 1; ; spoilt++) {
    try {
      return await run()
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'load.saturated' || spoilt === SPOILT_MAX) throw error
    }
  }
}

/** After too much, until a few requests are answered within the limits again: the next step must not pay for this one. */
async function settle({ options, limits, generate, signal }: CapacityRequest): Promise<void> {
  const until = performance.now() + SETTLE_MS_MAX
  while (performance.now() < until && !signal.aborted) {
    const few = { ...options, perSecond: SETTLE_RATE, forMs: SETTLE_STEP_MS }
    const result = await believed(() => generate(few, signal))
    // All of them have been waited for: without a limit, what lay before them is worked off.
    if (judgeLatency(result, limits) === null) return
  }
}
