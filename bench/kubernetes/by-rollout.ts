import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startLoad } from '../../test/support/load.ts'
import { NODE_BASE } from '../../test/support/docker-engine.ts'
import { root, until } from '../../test/support/project.ts'
import { resultOf, type StyleResult } from '../swaps/result.ts'

const SEEN_MS = 120_000
const PAUSE_MS = 20
const NAME = 'naive'
const execute = promisify(execFile)

/** The control: the same program in a Deployment of two, without probes or a pause before the end, restarted as its users do. */
export async function byRollout({
  swaps,
  clients,
}: {
  readonly swaps: number
  readonly clients: number
}): Promise<StyleResult> {
  const namespace = `naive-${randomUUID().slice(0, 8)}`
  const image = `seaworthy-bench-naive:${namespace}`
  const kubectl = (...words: readonly string[]): string =>
    execFileSync('kubectl', ['--namespace', namespace, ...words], {
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'inherit'],
    })
  const apply = (object: object): void =>
    void execFileSync('kubectl', ['--namespace', namespace, 'apply', '--filename', '-'], {
      input: JSON.stringify(object),
      stdio: ['pipe', 'ignore', 'inherit'],
    })
  build(image)
  kubectl('create', 'namespace', namespace)
  try {
    for (const object of objectsOf(image)) apply(object)
    kubectl('rollout', 'status', `deployment/${NAME}`, '--timeout=120s')
    const host = kubectl('get', 'services', NAME, '--output', 'jsonpath={.spec.clusterIP}')
    await using load = startLoad({ host, port: 80, clients, pauseMs: PAUSE_MS })
    const answersAgain = (): boolean => load.answers.at(-1)?.failure === null
    await until(answersAgain, 'the Deployment to serve', SEEN_MS)
    const tookMs: number[] = []
    for (let count = 1; count <= swaps; count++) {
      const begun = performance.now()
      // Not waited for by the whole process: the clients are in it.
      for (const words of [['restart'], ['status', '--timeout=120s']] as const)
        await execute('kubectl', [
          '--namespace',
          namespace,
          'rollout',
          words[0],
          `deployment/${NAME}`,
          ...words.slice(1),
        ])
      tookMs.push(performance.now() - begun)
      await until(answersAgain, `restart ${count} to answer`, SEEN_MS)
    }
    return resultOf('kubectl rollout restart', { tookMs, answers: await load.stop() })
  } finally {
    kubectl('delete', 'namespace', namespace, '--timeout=120s')
    execFileSync('docker', ['image', 'rm', '--force', image], { stdio: 'ignore' })
  }
}

function build(image: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-bench-naive-'))
  try {
    cpSync(join(root, 'test/fixtures/services/plain.mjs'), join(folder, 'plain.mjs'))
    writeFileSync(
      join(folder, 'Dockerfile'),
      `FROM ${NODE_BASE}\nCOPY plain.mjs /plain.mjs\nCMD ["node", "/plain.mjs"]\n`,
    )
    execFileSync('docker', ['build', '--quiet', '--tag', image, '.'], { cwd: folder, stdio: 'ignore' })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function objectsOf(image: string): readonly object[] {
  const labels = { app: NAME }
  const metadata = { name: NAME, labels }
  const env = [
    { name: 'PORT', value: '8080' },
    { name: 'HOST', value: '0.0.0.0' },
    { name: 'NAME', value: NAME },
  ]
  const containers = [{ name: NAME, image, imagePullPolicy: 'IfNotPresent', env }]
  const spec = {
    replicas: 2,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers } },
  }
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: labels, ports: [{ port: 80, targetPort: 8080 }] },
    },
  ]
}
