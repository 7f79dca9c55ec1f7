import { workerKey } from './connection.ts'
import type { ExpectedWorker } from './connection.ts'

/** How often it is asked again who is expected, while somebody is absent. */
const ASK_EVERY_MS = 250

export interface Absent {
  /** True while an expected worker has not been met, and until it is known who is expected. */
  readonly any: boolean
  /** True once it is known who is expected. */
  readonly known: boolean
  stop(): void
}

/**
 * Finds out which of the workers that run now have not been met, as after a restart of control, and looks again until all of
 * them have been met or are expected no longer. Workers that start later are not looked for.
 */
export function lookForAbsent(parts: {
  readonly expected: () => Promise<readonly ExpectedWorker[]>
  readonly met: (key: string) => boolean
  readonly onChange: () => void
}): Absent {
  let first: ReadonlySet<string> | null = null
  let still: readonly string[] = []
  let again: NodeJS.Timeout | undefined
  let stopped = false
  void look()
  return {
    get any() {
      return first === null || absent().length > 0
    },
    get known() {
      return first !== null
    },
    stop() {
      stopped = true
      clearTimeout(again)
    },
  }

  function absent(): readonly string[] {
    return still.filter((key) => !parts.met(key))
  }

  async function look(): Promise<void> {
    try {
      const keys = (await parts.expected()).map(workerKey)
      first ??= new Set(keys)
      still = keys.filter((key) => first!.has(key))
    } catch {
      // Whoever knows is away for a moment: what was known stays, and the caller's time limit ends the wait.
    }
    if (stopped) return
    if (first === null || absent().length > 0) again = setTimeout(() => void look(), ASK_EVERY_MS)
    parts.onChange()
  }
}
