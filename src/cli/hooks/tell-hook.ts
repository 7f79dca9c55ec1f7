import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlClient } from '../../control/api/client.ts'
import { hasSucceeded } from '../../control/notify/deploy-message.ts'

/** How long a command that is done waits for the hook after it. */
const WAIT_MS = 10_000
const LOOK_MS = 100

/** Says what came of the hook that control runs after a deploy. It changes nothing any more, whatever it is. */
export async function tellHook(control: ControlClient, id: string, onNote: (text: string) => void): Promise<void> {
  const { deploy } = await control.call('deploy.get', { deploy: id })
  if (deploy === null) return
  const time = hasSucceeded(deploy) ? 'after' : 'failed'
  if (deploy.plan.release.config.hooks[time] === null) return
  const until = Date.now() + WAIT_MS
  for (;;) {
    const { hook } = await control.call('hook.look', { deploy: id })
    if (hook !== null && hook.state !== 'running') {
      const lines = hook.state === 'failed' ? hook.lastLines.map((line) => `\n  | ${line}`).join('') : ''
      const stands = hook.state === 'failed' ? '; the outcome stands' : ''
      return onNote(`hook '${time}' ${hook.description}${stands}${lines}`)
    }
    if (Date.now() > until) return onNote(`hook '${time}' is still running; control waits for it`)
    await sleep(LOOK_MS)
  }
}
