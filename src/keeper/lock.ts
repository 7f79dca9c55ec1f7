import net from 'node:net'
import { connectKeeper } from './client.ts'
import { KeeperError } from './errors.ts'
import { lockName } from './paths.ts'

/** Long enough for a keeper that was just killed to be gone, or for one that just started to answer. */
export const LOCK_TIMEOUT_MS = 5_000
const AGAIN_MS = 50

/**
 * Makes this process the one keeper of a state folder; false when another one is and answers. The lock is an abstract unix
 * socket, which the kernel releases with the process whatever becomes of it. @throws KeeperError keeper.locked
 */
export async function acquireLock(state: string, timeoutMs = LOCK_TIMEOUT_MS): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    if (await bind(lockName(state))) return true
    if (await answers(state)) return false
    if (performance.now() > deadline) {
      throw new KeeperError('keeper.locked', `another process keeps ${state} and does not answer`)
    }
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
}

function bind(name: string): Promise<boolean> {
  const lock = net.createServer((socket) => socket.destroy())
  return new Promise((resolve, reject) => {
    lock.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    })
    lock.listen(name, () => resolve(true))
  })
}

/** Whether a keeper answers that is there to stay: one that said bye is waited for. */
async function answers(state: string): Promise<boolean> {
  try {
    const client = await connectKeeper(state, { requestTimeoutMs: 1_000 })
    let ending = false
    try {
      await client.events((event) => (ending ||= event.event === 'bye'))
    } finally {
      client.close()
    }
    return !ending
  } catch {
    return false
  }
}
