/**
 * Small messages are written together, behind what else has arrived in this turn of the event loop. Written one by one between
 * reads, each finds its receiver asleep and pays for waking it, up to a fifth of a request's CPU; written together, the first wakes
 * it (docs/decisions/0024).
 */

/** Something with a message to write. */
export interface Sender {
  /** Writes it. What has become of it meanwhile, its owner knows. */
  post(): void
}

/** Nobody waits for more than this many others. */
const TOGETHER_MAX = 64
/** The first `count` places are taken. */
const waiting: (Sender | null)[] = Array.from({ length: TOGETHER_MAX }, () => null)
let count = 0
let isDue = false

/** Calls `post` when everything that has arrived has been read, in the order of these calls. */
export function postSoon(sender: Sender): void {
  waiting[count++] = sender
  if (count >= TOGETHER_MAX) return postAll()
  if (!isDue) plan()
}

function plan(): void {
  isDue = true
  setImmediate(onTurn)
}

function onTurn(): void {
  isDue = false
  postAll()
}

let isPosting = false

function postAll(): void {
  // Whoever posts may bring about the next message: the loop goes on to it.
  if (isPosting) return
  isPosting = true
  let index = 0
  try {
    while (index < count) {
      const sender = waiting[index]!
      waiting[index++] = null
      sender.post()
    }
    count = 0
  } finally {
    isPosting = false
    if (count > 0) goOnBehind(index)
  }
}

/** Behind a bug of one, the others are posted all the same. */
function goOnBehind(index: number): void {
  waiting.copyWithin(0, index, count)
  waiting.fill(null, count - index, count)
  count -= index
  if (count > 0 && !isDue) plan()
}
