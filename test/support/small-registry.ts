import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pickPort } from '../../src/control/ports.ts'
import { root, until } from './project.ts'

/** A registry on this machine's own address, which an engine beside it takes without TLS; disposing it ends it. */
export interface SmallRegistry extends AsyncDisposable {
  /** Builds an image, brings it there and forgets it here, for good at the end. Returns it by the digest that it has there. */
  push(name: string, files: Readonly<Record<string, string>>): string
}

export async function startRegistry(): Promise<SmallRegistry> {
  const port = await pickPort('127.0.0.1', new Set())
  const child = spawn(process.execPath, [join(root, 'test/support/small-registry.mjs'), String(port)], {
    stdio: 'inherit',
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const answers = (): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/v2/`).then(
      ({ ok }) => ok,
      () => false,
    )
  const pushed: string[] = []
  await until(answers, 'the registry to answer')
  return {
    push: (name, files) => {
      const folder = mkdtempSync(join(tmpdir(), 'seaworthy-push-'))
      const repository = `127.0.0.1:${port}/${name}`
      const tag = `${repository}:${randomUUID().slice(0, 8)}`
      const docker = (...words: readonly string[]): string =>
        execFileSync('docker', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
      try {
        for (const [path, text] of Object.entries(files)) writeFileSync(join(folder, path), text)
        docker('build', '--tag', tag, folder)
        docker('push', '--quiet', tag)
        const digests = docker('inspect', '--format', '{{join .RepoDigests "\\n"}}', tag).split('\n')
        docker('rmi', tag)
        const reference = digests.find((digest) => digest.startsWith(`${repository}@`))!
        pushed.push(reference)
        return reference
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGTERM')
      await ended
      for (const reference of pushed) spawnSync('docker', ['rmi', '--force', reference], { stdio: 'ignore' })
    },
  }
}
