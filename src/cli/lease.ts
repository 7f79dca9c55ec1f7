import { hostname } from 'node:os'
import type { ControlClient } from '../control/api/client.ts'
import { HEARTBEAT_MS } from '../control/lease.ts'
import { Problem } from '../core/problem.ts'
import { ownIdentity } from '../core/process-identity.ts'
import { loginName } from './login-name.ts'
import { whenUnheard } from './output.ts'

const LOOK_EVERY_MS = 500

export function whoAmI(): string {
  return `${loginName()}@${hostname()} (pid ${process.pid})`
}

export interface HeldLease extends AsyncDisposable {
  readonly token: number
  /** Aborts when the lease was lost to somebody else. */
  readonly signal: AbortSignal
}

/**
 * Takes the environment's lease. Where it is held, the holder is watched: one more heartbeat means that it is alive, and
 * we are refused; without one its lease runs out, and it is ours. A holder that died on control's host is not waited for.
 * @throws Problem `deploy.locked`
 */
export async function takeLease(
  control: ControlClient,
  reason: string,
  onNote: (text: string) => void,
): Promise<HeldLease> {
  const holder = whoAmI()
  const token = await acquire(control, holder, reason, onNote)
  // Half of it would be left to somebody else: `deploy | head`, or whoever had begun it is killed.
  whenUnheard('comes-to-its-end')
  const lost = new AbortController()
  const heartbeat = setInterval(() => {
    control.call('lease.renew', { token }).catch((error: unknown) => {
      if (error instanceof Problem && error.code === 'lease.lost') lost.abort(error)
    })
  }, HEARTBEAT_MS)
  return {
    token,
    signal: lost.signal,
    [Symbol.asyncDispose]: async () => {
      clearInterval(heartbeat)
      // Nobody is there to give it back to: the environment was stopped, and the lease runs out by itself.
      await control.call('lease.release', { token }).catch((error: unknown) => {
        if (!(error instanceof Problem) || error.code !== 'environment.down') throw error
      })
    },
  }
}

async function acquire(
  control: ControlClient,
  holder: string,
  reason: string,
  onNote: (text: string) => void,
): Promise<number> {
  let watched: { token: number; renewedAt: number } | null = null
  for (;;) {
    try {
      return (await control.call('lease.acquire', { holder, reason, process: ownIdentity() })).token
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'deploy.locked') throw error
      const { lease } = await control.call('lease.look', {})
      if (lease === null) continue
      if (watched !== null && (lease.token !== watched.token || lease.renewedAt > watched.renewedAt)) throw error
      if (watched === null) onNote(`${lease.holder} holds the lease (${lease.reason}); watching whether it is alive`)
      watched = lease
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
  }
}
