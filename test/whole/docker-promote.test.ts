/** `promote` on Docker: the other environment's containers run the very image that was proven, by its id. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Status } from '../../src/control/api/contract.ts'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { engineNetwork } from '../support/engine-load.ts'
import { EngineProject } from '../support/engine-project.ts'
import { plainConfig } from '../support/project.ts'

const PORTS = { staging: 8090, production: 8091 }
type Place = keyof typeof PORTS

const ASK = `const answer = await fetch(process.argv[1], { signal: AbortSignal.timeout(5000) })
console.log(await answer.text())`

function configOf(): object {
  const config = plainConfig({ service: { env: {} }, services: { worker: { start: 'node plain.mjs' } } })
  const on = (place: Place, overrides: object) => ({
    target: 'docker',
    watch: { for: '2s', sample: 1 },
    drain: '2s',
    overrides: { gateway: { listen: { http: PORTS[place] } }, ...overrides },
  })
  const named = (name: string) => ({ services: { api: { env: { NAME: name } } } })
  const environments = { staging: on('staging', named('tried')), production: on('production', named('for all')) }
  return { ...config, environments }
}

test(
  'what runs in staging is what production gets, whatever the folder and the tags say by then',
  { timeout: 600_000 },
  async () => {
    using base = nodeArchive()
    await using engine = await startEngine()
    const { docker } = engine
    docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
    await using project = new EngineProject(configOf(), {}, '.seaworthy/staging')
    project.variables = { DOCKER_HOST: engine.host }
    const statusOf = async (place: Place): Promise<Status> =>
      JSON.parse((await project.must(['status', place, '--json'])).stdout) as Status
    const imagesOf = async (place: Place): Promise<readonly string[]> => {
      const { live } = (await statusOf(place)).world
      const ids = docker(
        'ps',
        '--quiet',
        '--filter',
        `label=seaworthy.release=${live}`,
        '--filter',
        `label=seaworthy.environment=${place}`,
      )
      return ids
        .split('\n')
        .filter(Boolean)
        .map((id) =>
          docker('inspect', '--format', '{{index .Config.Labels "seaworthy.service"}} {{.Image}}', id).trim(),
        )
        .toSorted()
    }
    const nameAt = (place: Place): string => {
      const [enter, ...where] = engineNetwork(engine)
      const url = `http://127.0.0.1:${PORTS[place]}/`
      const words = [...where, process.execPath, '--input-type=module', '-e', ASK, url]
      return (JSON.parse(execFileSync(enter, words, { encoding: 'utf8' })) as { name: string }).name
    }

    await project.must(['deploy', 'staging'])
    const proven = await imagesOf('staging')
    assert.equal(proven.length, 2)
    // What either would be by now: another build, and another image under the same name.
    writeFileSync(join(project.folder, 'plain.mjs'), 'process.exit(1)')
    for (const name of docker('image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', 'seaworthy/plain/*').split('\n'))
      docker('tag', NODE_BASE, name)

    const { stdout } = await project.must(['promote', 'staging', 'production'])
    const live = (await statusOf('staging')).world.live!
    assert.match(stdout, new RegExp(`promoted from staging, release ${live}`))
    assert.doesNotMatch(stdout, /prepare:/)
    assert.deepEqual(await imagesOf('production'), proven)
    assert.deepEqual([nameAt('staging'), nameAt('production')], ['tried', 'for all'])
    await project.must(['restart', 'production'])
    assert.deepEqual(await imagesOf('production'), proven)
    assert.equal((await statusOf('production')).promoted!.release, live)
    const again = await project.must(['promote', 'staging', 'production'])
    assert.match(again.stdout, /nothing changed/)
  },
)
