import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { KeeperClient } from '../keeper/client.ts'

/** Between the end of its connections and its own: a moment, even on a busy machine. */
const EXIT_MS = 5_000
const LOOK_MS = 10

/** Does what ends the keeper, and waits until its process is gone: who looks next finds nothing of the environment. */
export async function endKeeper(keeper: KeeperClient, end: () => Promise<unknown>): Promise<void> {
  const pid = await keeper.list().then(
    (state) => state.pid,
    () => null,
  )
  await end()
  await keeper.closed
  if (pid === null) return
  const until = Date.now() + EXIT_MS
  while (runs(pid) && Date.now() < until) await sleep(LOOK_MS)
}

/** Not one that has ended and that nobody has taken note of: in a container that may last. */
function runs(pid: number): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}
