import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DockerEngine } from '../../test/support/docker-engine.ts'
import { startEngineLoad } from '../../test/support/engine-load.ts'
import { root, until } from '../../test/support/project.ts'
import { resultOf, type StyleResult } from '../swaps/result.ts'

const PORT = 8092
const SEEN_MS = 60_000
const APART_MS = 1_000

/** The control: the same service, whose variable changes, and `compose up -d`, which recreates its container. */
export async function byCompose(
  engine: DockerEngine,
  { swaps, clients, base }: { readonly swaps: number; readonly clients: number; readonly base: string },
): Promise<StyleResult> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-compose-'))
  const compose = (...words: readonly string[]): void =>
    void execFileSync('docker-compose', ['--project-name', 'naive', ...words], {
      cwd: folder,
      env: { ...process.env, DOCKER_HOST: engine.host },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
  try {
    cpSync(join(root, 'test/fixtures/services/plain.mjs'), join(folder, 'plain.mjs'))
    writeFileSync(join(folder, 'Dockerfile'), `FROM ${base}\nCOPY plain.mjs /plain.mjs\nCMD ["node", "/plain.mjs"]\n`)
    writeFileSync(join(folder, 'docker-compose.yml'), composeFile('v0'))
    compose('build')
    compose('up', '-d')
    await using load = startEngineLoad(engine, { port: PORT, clients })
    const answersAgain = (): boolean => load.answers.at(-1)?.failure === null
    await until(answersAgain, 'compose to serve', SEEN_MS)
    const tookMs: number[] = []
    for (let count = 1; count <= swaps; count++) {
      writeFileSync(join(folder, 'docker-compose.yml'), composeFile(`v${count}`))
      const begun = performance.now()
      compose('up', '-d')
      tookMs.push(performance.now() - begun)
      await until(answersAgain, `v${count} to answer`, SEEN_MS)
      // As long as the other style watches, so that the swaps do not run into each other.
      await new Promise((resolve) => setTimeout(resolve, APART_MS))
    }
    return resultOf('docker compose up -d', { tookMs, answers: await load.stop() })
  } finally {
    compose('down', '--timeout', '1')
    rmSync(folder, { recursive: true, force: true })
  }
}

function composeFile(name: string): string {
  const environment = { PORT: '8080', HOST: '0.0.0.0', NAME: name }
  const api = { build: '.', init: true, ports: [`127.0.0.1:${PORT}:8080`], environment }
  // JSON is YAML.
  return JSON.stringify({ version: '3', services: { api } })
}
