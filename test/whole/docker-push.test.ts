/** `deploy --render --push` with a real engine, and a registry on the engine's own loopback. */
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parse } from 'yaml'
import { NODE_BASE, nodeArchive, startEngine, type DockerEngine } from '../support/docker-engine.ts'
import { engineNetwork } from '../support/engine-load.ts'
import { root, TestProject, until } from '../support/project.ts'
import { RENDER_CONFIG, type RenderReport } from '../support/render-project.ts'

const PORT = 5055
const REGISTRY = `127.0.0.1:${PORT}/team`

function startRegistry(engine: DockerEngine): AsyncDisposable {
  const [enter, ...where] = engineNetwork(engine)
  const script = join(root, 'test/support/small-registry.mjs')
  const child = spawn(enter, [...where, process.execPath, script, String(PORT)], { stdio: 'inherit' })
  const ended = new Promise((resolve) => child.once('close', resolve))
  return {
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function answering(engine: DockerEngine): Promise<void> {
  const [enter, ...where] = engineNetwork(engine)
  const ask = `await fetch('http://127.0.0.1:${PORT}/v2/')`
  await until(async () => {
    try {
      execFileSync(enter, [...where, process.execPath, '--input-type=module', '-e', ask], { stdio: 'ignore' })
      return true
    } catch {
      return false
    }
  }, 'the registry to answer')
}

/** `--registry` is not needed where they say it. */
function withRegistry(environments: Readonly<Record<string, object>>): Readonly<Record<string, object>> {
  return Object.fromEntries(Object.entries(environments).map(([name, one]) => [name, { ...one, registry: REGISTRY }]))
}

test(
  'what is made is brought to its registry, rendered by the digest it has there, and fetched by it',
  { timeout: 300_000 },
  async () => {
    await using engine = await startEngine()
    {
      using base = nodeArchive()
      engine.docker('import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE)
    }
    const { box, ...clusters } = RENDER_CONFIG.environments
    const environments = { box, ...withRegistry(clusters) }
    await using project = new TestProject({ ...RENDER_CONFIG, environments })
    const words = ['deploy', '--render', 'deploy', '--push', '--json']
    const variables = { DOCKER_HOST: engine.host }

    const refused = await project.run(words.slice(0, -1), variables)
    assert.equal(refused.code, 1)
    assert.match(refused.stderr, /did not reach its registry: 127\.0\.0\.1:5055 is not reached.*\[image\.not-pushed\]/)

    await using _ = startRegistry(engine)
    await answering(engine)
    const report = async (): Promise<RenderReport> =>
      JSON.parse((await project.must(words, variables)).stdout) as RenderReport
    const first = await report()
    const [staging, production] = first.environments.map(({ images }) => images.find(({ isMade }) => isMade)!.reference)
    assert.match(staging!, /^127\.0\.0\.1:5055\/team\/shop-api:[0-9a-f-]+@sha256:[0-9a-f]{64}$/)
    assert.equal(production, staging, 'one image of the same files')
    const [named, digest] = staging!.split('@') as [string, string]
    const repository = named.slice(0, named.lastIndexOf(':'))

    const overlay = join(first.folder, 'overlays/production/kustomization.yaml')
    const { images } = parse(readFileSync(overlay, 'utf8')) as { images: readonly object[] }
    assert.deepEqual(images[0], { name: 'seaworthy/shop/api', newName: repository, digest })

    engine.docker('rmi', '--force', engine.docker('images', '--quiet', '--no-trunc', repository).split('\n')[0]!)
    engine.docker('pull', '--quiet', `${repository}@${digest}`)
    assert.equal(engine.docker('run', '--rm', '--entrypoint', 'node', `${repository}@${digest}`, '-p', '1 + 1'), '2')

    rmSync(first.folder, { recursive: true })
    assert.deepEqual((await report()).environments, first.environments, 'a second time, from nothing but the sources')
  },
)
