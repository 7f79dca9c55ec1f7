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
const waiting: Sender[] = []
let isDue = false

/** Calls `post` when everything that has arrived has been read, in the order of these calls. */
export function postSoon(sender: Sender): void {
  waiting.push(sender)
  if (waiting.length >= TOGETHER_MAX) return postAll()
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
    for (; index < waiting.length; index++) waiting[index]!.post()
  } finally {
    // Behind a bug of one, the others are posted all the same.
    waiting.splice(0, index + 1)
    isPosting = false
    if (waiting.length > 0 && !isDue) plan()
  }
}
