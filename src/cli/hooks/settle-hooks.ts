import { randomUUID } from 'node:crypto'
import { mkdtempDisposableSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ControlClient } from '../../control/api/client.ts'
import type { OwedHook } from '../../control/api/hooks-methods.ts'
import { hookJob, hookName, hookOf } from '../../control/hooks/hook-job.ts'
import { messageOf } from '../../core/problem.ts'
import { isProvablyGone, ownIdentity } from '../../core/process-identity.ts'
import type { DeployRecord } from '../../deploy/journal.ts'
import { whoAmI } from '../lease.ts'
import type { HookPlace } from './place.ts'
import { endLeft, runHere } from './run-here.ts'

/** Below a second Ctrl-C, which nobody catches any more. */
type Interruption = Disposable & { readonly signal: AbortSignal }

/**
 * Runs the hooks of deploys that have ended, where control has nothing to run them with: this command's own, and what dead
 * ones have left. None of it changes what came of a deploy, or of this command.
 */
export async function settleHooks(
  control: ControlClient,
  place: HookPlace,
  onNote: (text: string) => void,
): Promise<void> {
  try {
    const { owedHooks = [] } = await control.call('status', {})
    if (owedHooks.length === 0) return
    using interruption = onInterrupt()
    for (const owed of owedHooks) {
      if (interruption.signal.aborted) return
      // One that cannot be had run must not stand before the others.
      await settle(owed, control, place, interruption.signal, onNote).catch((error: unknown) => {
        onNote(`hook '${owed.time}' of ${owed.deploy} is still owed: ${messageOf(error)}`)
      })
    }
  } catch (error) {
    onNote(`hooks are still owed: ${messageOf(error)}`)
  }
}

async function settle(
  { deploy: id, time, runner }: OwedHook,
  control: ControlClient,
  place: HookPlace,
  signal: AbortSignal,
  onNote: (text: string) => void,
): Promise<void> {
  if (runner !== null && !isLost(runner)) return onNote(`hook '${time}' of ${id} is run by ${runner.by}`)
  const own = { run: randomUUID(), by: whoAmI(), process: ownIdentity() }
  const { taken } = await control.call('hook.begin', { deploy: id, runner: own, instead: runner?.run ?? null })
  const { deploy } = await control.call('deploy.get', { deploy: id })
  if (!taken || deploy === null) return
  const exit = await runHook(deploy, place, signal)
  await control.call('hook.end', { deploy: id, run: own.run, by: own.by, exit })
  const lines = exit.ok ? '' : exit.lastLines.map((line) => `\n  | ${line}`).join('')
  onNote(`hook '${time}' of ${id} ${exit.description}${exit.ok ? '' : '; the outcome stands'}${lines}`)
}

/** Of another machine's command nothing is known but how long it has had. */
function isLost({ process: identity, isLate }: NonNullable<OwedHook['runner']>): boolean {
  return isLate || (identity !== null && isProvablyGone(identity))
}

async function runHook(deploy: DeployRecord, { folder, path, mark }: HookPlace, signal: AbortSignal) {
  const { time, argv } = hookOf(deploy)
  // A command that was killed leaves it running.
  await endLeft(mark, hookName('before', deploy.id, deploy.plan.release.id))
  using kept = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-proof-'))
  const proof = join(kept.path, `${deploy.id}.json`)
  writeFileSync(proof, JSON.stringify(deploy.proof, null, 2), { mode: 0o600 })
  const outcome = { state: deploy.state, because: deploy.message, proof }
  return await runHere(hookJob({ time, argv: argv!, deploy, folder, path, outcome }), { mark, signal })
}

/** What was interrupted is told as that, and not run again. */
function onInterrupt(): Interruption {
  const controller = new AbortController()
  const abort = (): void => {
    stop()
    controller.abort()
  }
  const stop = (): void => {
    process.off('SIGINT', abort)
    process.off('SIGTERM', abort)
  }
  process.on('SIGINT', abort)
  process.on('SIGTERM', abort)
  return { signal: controller.signal, [Symbol.dispose]: stop }
}
