import { existsSync } from 'node:fs'
import { environmentDown } from '../control/api/client.ts'
import type { Reach } from '../control/api/reach.ts'
import { socketPath } from '../keeper/paths.ts'
import { hostedOf } from './hosted/hosted-of.ts'
import type { Project } from './project.ts'

/** The way to an environment's control: its socket on this machine, or a bridge of which one command has one child. */
export interface Way extends Disposable {
  readonly to: string | Reach
}

/** @throws Problem `environment.down` where it was never up on this machine */
export async function wayTo(project: Project): Promise<Way> {
  const hosted = await hostedOf(project)
  if (hosted !== null) {
    const { openBridge } = await import('../control/bridge/near-end.ts')
    const bridge = openBridge(hosted.bridge, { env: process.env })
    return { to: bridge, [Symbol.dispose]: () => bridge.close() }
  }
  const { stateFolder } = project
  if (!existsSync(stateFolder)) throw environmentDown(stateFolder)
  return { to: socketPath(stateFolder, 'control'), [Symbol.dispose]: () => {} }
}
