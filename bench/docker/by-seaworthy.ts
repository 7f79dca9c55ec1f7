import type { DockerEngine } from '../../test/support/docker-engine.ts'
import { startEngineLoad } from '../../test/support/engine-load.ts'
import { EngineProject } from '../../test/support/engine-project.ts'
import { plainConfig, until } from '../../test/support/project.ts'
import { resultOf, type StyleResult } from '../swaps/result.ts'

const PORT = 8090
const SEEN_MS = 60_000

/** Deploys by the command of a user, the first one on an engine where nothing is. */
export async function bySeaworthy(
  engine: DockerEngine,
  { swaps, clients }: { readonly swaps: number; readonly clients: number },
): Promise<StyleResult> {
  await using project = new EngineProject(configOf('v0'), {}, '.seaworthy/staging')
  project.variables = { DOCKER_HOST: engine.host }
  await project.must(['deploy'])
  await using load = startEngineLoad(engine, { port: PORT, clients })
  const tookMs: number[] = []
  for (let count = 1; count <= swaps; count++) {
    project.configure(configOf(`v${count}`))
    const begun = performance.now()
    await project.must(['deploy'])
    tookMs.push(performance.now() - begun)
    const status = JSON.parse((await project.must(['status', '--json'])).stdout) as { world: { live: string } }
    await until(() => load.answers.at(-1)?.release === status.world.live, `v${count} to answer`, SEEN_MS)
    if (count % 10 === 0) console.log(`  ${count} deploys, ${load.answers.length} answers`)
  }
  const result = resultOf('seaworthy deploy', { tookMs, answers: await load.stop() })
  await project.must(['stop', '--remove'])
  return result
}

function configOf(name: string): object {
  const config = plainConfig({ env: { NAME: name }, service: { scale: { min: 2 } } })
  const staging = { target: 'docker', watch: { for: '1s', warm: '10min' }, drain: '2s' }
  return { ...config, gateway: { listen: { http: PORT }, accessLog: false }, environments: { staging } }
}
