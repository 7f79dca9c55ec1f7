import { Problem } from '../../core/problem.ts'

/** As long as control gives a migration's command, and a little: what it gives up is no longer waited for. */
export const STEP_WITHIN_MS = 61 * 60_000
const AGAIN_MS = 1_000

/**
 * Asks until there is an answer: an engine or a cluster that is away for a moment has said nothing, nor has a program that
 * Ctrl-C ended.
 * @param ask `undefined`: no answer yet
 * @throws Problem `target.tool-failed` when the time is over; `target.tool-missing` at once
 */
export async function answered<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const until = performance.now() + STEP_WITHIN_MS
  for (;;) {
    try {
      const answer = await ask()
      if (answer !== undefined) return answer
      if (performance.now() > until) throw new Problem('target.tool-failed', 'a step of a migration did not end')
    } catch (error) {
      const mayPass = error instanceof Problem && error.code === 'target.tool-failed'
      if (!mayPass || performance.now() > until) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}
