import { createInspector } from '../../src/guard/inspect/inspector.ts'
import type { Inspector, InspectorOptions } from '../../src/guard/inspect/inspector.ts'
import type { InspectVerdict } from '../../src/guard/inspect/verdict.ts'
import type { Sample } from './requests.ts'

/** An inspection that blocks and knows nothing of the application. */
export function blocking(options: Partial<InspectorOptions> = {}): Inspector {
  return createInspector({ threats: 'block', routes: [], exceptions: [], ...options })
}

/** One request, as the gateway has it judged. */
export function judgeOnce(inspector: Inspector, { request, body }: Sample): InspectVerdict {
  const head = inspector.head(request)
  if (body === null) return head
  const reader = inspector.body(request)!
  reader.push(body)
  const rest = reader.end()
  return rest.score > head.score ? rest : head
}

/** CPU time of this process (all threads: the collector's and the compiler's too) that `work` takes, in microseconds. */
export function cpuOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return user + system
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

export interface Cost {
  /** Of batches, microseconds of CPU a request. */
  readonly medianUs: number
  readonly lowestUs: number
  readonly highestUs: number
}

/** Batches of a request after a warm-up. `cold`: nothing is remembered from one request to the next. */
export function costOf(inspector: Inspector, sample: Sample, { cold, count }: { cold: boolean; count: number }): Cost {
  const once = (): void => {
    if (cold) inspector.forget()
    judgeOnce(inspector, sample)
  }
  for (let index = 0; index < count / 5; index++) once()
  const batches = Array.from({ length: BATCHES }, () => {
    const each = Math.ceil(count / BATCHES)
    return (
      cpuOf(() => {
        for (let index = 0; index < each; index++) once()
      }) / each
    )
  })
  return { medianUs: median(batches), lowestUs: Math.min(...batches), highestUs: Math.max(...batches) }
}

const BATCHES = 9

/** Bytes allocated a request: what the heap grew by between two collections, at best of several tries. */
export function allocationOf(inspector: Inspector, sample: Sample, collect: () => void): number {
  const grown = Array.from({ length: 9 }, () => {
    collect()
    const before = process.memoryUsage().heapUsed
    for (let index = 0; index < ALLOCATION_ROUNDS; index++) {
      inspector.forget()
      judgeOnce(inspector, sample)
    }
    return (process.memoryUsage().heapUsed - before) / ALLOCATION_ROUNDS
  })
  // A collection in between makes it less, never more.
  return Math.max(...grown)
}

const ALLOCATION_ROUNDS = 200
