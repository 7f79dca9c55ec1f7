/** All deadlines of a worker on one wheel: arming one per request costs nanoseconds where a timer costs hundreds. */
import { performance } from 'node:perf_hooks'

/** A deadline acts up to one tick late, never early. */
export const TICK_MS = 100
const SLOTS = 512

/** What hangs on the wheel: a deadline, or something short-lived that is one itself. */
export abstract class Timed {
  /** @internal The tick at which it acts; 0: not armed. */
  due = 0
  /** @internal The slot it hangs in, -1: none. */
  slot = -1
  /** @internal */
  next: Timed | null = null
  /** @internal */
  previous: Timed | null = null

  /** The time has come. */
  abstract act(): void

  get isArmed(): boolean {
    return this.due !== 0
  }

  /** Acts `ms` from now, which is a reading of `performance.now()` where there is one; an earlier order is void. */
  arm(ms: number, now: number = performance.now()): void {
    const due = Math.floor((now + ms) / TICK_MS) + 1
    // Put off: it is moved when its slot comes up, so that activity on a connection only writes a number.
    const stays = this.slot !== -1 && due >= this.due && this.due !== 0
    this.due = due
    if (stays) return
    unlink(this)
    link(this)
  }

  disarm(): void {
    this.due = 0
    unlink(this)
  }
}

/** One deadline, made once and armed again and again by its owner. */
export class Deadline extends Timed {
  override readonly act: () => void

  constructor(act: () => void) {
    super()
    this.act = act
  }
}

const slots: (Timed | null)[] = Array.from({ length: SLOTS }, () => null)
let armed = 0
let lastTick = 0
let ticker: NodeJS.Timeout | undefined

function tickNow(): number {
  return Math.floor(performance.now() / TICK_MS)
}

function link(deadline: Timed): void {
  const slot = deadline.due % SLOTS
  const first = slots[slot]!
  deadline.slot = slot
  deadline.next = first
  if (first !== null) first.previous = deadline
  slots[slot] = deadline
  armed += 1
  if (ticker !== undefined) return
  lastTick = tickNow()
  ticker = setInterval(turn, TICK_MS).unref()
}

function unlink(deadline: Timed): void {
  const { slot, next, previous } = deadline
  if (slot === -1) return
  if (previous === null) slots[slot] = next
  else previous.next = next
  if (next !== null) next.previous = previous
  deadline.slot = -1
  deadline.next = null
  deadline.previous = null
  armed -= 1
}

/** Visits every slot whose tick has passed since the last turn; a process that was held up visits each once. */
function turn(): void {
  const tick = tickNow()
  const due: Timed[] = []
  for (let past = Math.max(lastTick + 1, tick - SLOTS + 1); past <= tick; past++) {
    for (let each: Timed | null = slots[past % SLOTS]!; each !== null;) {
      const next: Timed | null = each.next
      if (each.due <= tick) due.push(each)
      else if (each.due % SLOTS !== past % SLOTS) {
        unlink(each)
        link(each)
      }
      each = next
    }
  }
  lastTick = tick
  for (const each of due) {
    // One that acted before may have put it off or called it back.
    if (each.due === 0 || each.due > tick) continue
    each.disarm()
    each.act()
  }
  if (armed > 0) return
  clearInterval(ticker)
  ticker = undefined
}
