import type { Cause } from '../target.ts'
import {
  closesAtOnce,
  flapping,
  hang,
  hostCheck,
  http2Only,
  notHttp,
  notReady,
  redirect,
  tlsOnPlainPort,
} from './answer.ts'
import {
  addressInUse,
  crashLoop,
  heapFull,
  killedByKernel,
  moduleMissing,
  notStarted,
  overMemoryLimit,
} from './crash.ts'
import type { Evidence, Explain } from './evidence.ts'
import { slowStart, stopped, stranger, wrongAddress, wrongPort } from './listening.ts'
import { missingVariable } from './missing-variable.ts'

/** The more certain before the less, and what explains the next one before it: a crash before what it no longer listens on. */
const CAUSES: readonly Explain[] = [
  // It ended.
  overMemoryLimit,
  heapFull,
  killedByKernel,
  notStarted,
  addressInUse,
  missingVariable,
  moduleMissing,
  crashLoop,
  // It runs, and is not where it is asked.
  stopped,
  stranger,
  wrongPort,
  wrongAddress,
  slowStart,
  // It is asked, and answers otherwise.
  flapping,
  tlsOnPlainPort,
  http2Only,
  notHttp,
  closesAtOnce,
  hang,
  hostCheck,
  redirect,
  notReady,
]

/** The first cause that the evidence speaks for; null when only the last probe is known. */
export function causeOf(evidence: Evidence): Cause | null {
  for (const explain of CAUSES) {
    const cause = explain(evidence)
    if (cause !== null) return cause
  }
  return null
}
