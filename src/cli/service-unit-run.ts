import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlClient } from '../control/api/client.ts'
import { readEnvironment } from '../control/environment.ts'
import { messageOf, Problem } from '../core/problem.ts'
import { connectKeeper, type KeeperClient } from '../keeper/client.ts'
import { bringUpFolder } from './bring-up.ts'
import { endKeeper } from './keeper-end.ts'
import { bringBackRoomAlone } from './made-room.ts'
import { nameEnvironment } from './next-command.ts'
import { EXIT, print } from './output.ts'
import { removeSocketFolder } from './socket-folder.ts'

/** A keeper that has died is succeeded within seconds, by a worker or by control. */
const SUCCESSION_MS = 15_000
const LOOK_MS = 100
/** For each of instances, gateway and control, when there is no control to ask. */
const GRACE_MS = 30_000

/**
 * What the service unit runs: brings the environment up from its state folder alone, so that neither a config being
 * edited nor a missing secret keeps a machine from coming back, and stays until the environment ends. SIGTERM stops
 * everything in order.
 * @throws Problem `environment.unknown`, `environment.lost`
 */
export async function runService(stateFolder: string): Promise<number> {
  const stopping = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort())
  const { keeper, control, status } = await bringUpFolder(stateFolder, environmentIn(stateFolder))
  const live = status.world.live ?? 'nothing is live yet: `seaworthy deploy`'
  const on = { name: status.environment, isDefault: false }
  print(nameEnvironment(`${status.app} (${status.environment}) is up at ${status.url}: ${live}`, on))
  const aborted = new Promise<'stop'>((resolve) => {
    if (stopping.signal.aborted) resolve('stop')
    stopping.signal.addEventListener('abort', () => resolve('stop'))
  })
  const settled = bringBackRoomAlone(control, print).catch((error: unknown) => print(messageOf(error)))
  await Promise.race([settled, aborted, keeper.closed])
  let current = keeper
  for (;;) {
    const end = await Promise.race([current.closed, aborted])
    if (end === 'stop') {
      print('stopping: the gateway finishes what is in flight')
      await stopAll(control, current)
    }
    // It ended in order: somebody has stopped the environment.
    if (end === 'stop' || end.bye) {
      removeSocketFolder(stateFolder)
      return EXIT.done
    }
    current = await successorOf(stateFolder)
  }
}

function environmentIn(stateFolder: string) {
  try {
    return readEnvironment(stateFolder)
  } catch (error) {
    throw new Problem('environment.unknown', `${stateFolder} holds no environment`, {
      hint: 'Run `seaworthy up` in the project first, then `seaworthy up --install` again.',
      cause: error,
    })
  }
}

async function stopAll(control: ControlClient, keeper: KeeperClient): Promise<void> {
  const by = `service unit (pid ${process.pid})`
  // A control that cannot come up must not keep the rest running.
  await endKeeper(keeper, () => control.call('environment.stop', { by }).catch(() => keeper.shutdown(GRACE_MS)))
}

async function successorOf(stateFolder: string): Promise<KeeperClient> {
  const until = Date.now() + SUCCESSION_MS
  for (;;) {
    const found = await connectKeeper(stateFolder).catch(() => null)
    if (found !== null) return found
    if (Date.now() > until) {
      throw new Problem('environment.lost', 'the keeper is gone, and nobody has succeeded it', {
        hint: 'systemd starts it again; see logs/keeper.log in the state folder.',
      })
    }
    await sleep(LOOK_MS)
  }
}
