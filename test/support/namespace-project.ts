import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { USER_ID } from '../../src/deploy/targets/docker/dockerfile.ts'
import { nodeArchive } from './docker-engine.ts'
import { TestProject } from './project.ts'

/** What generated Dockerfiles begin with; no registry is asked. */
export const NODE_BASE = 'node:24-bookworm-slim'

/** The environment `production` of `plain`, by the commands of a user, in a namespace of its own; disposing it takes all of it away. */
export class NamespaceProject extends TestProject {
  readonly namespace = `seaworthy-${randomUUID().slice(0, 8)}`
  /** What its commands see beside the way to the cluster. */
  readonly #variables: Readonly<Record<string, string>>
  readonly #volume = mkdtempSync(join(tmpdir(), 'seaworthy-volume-'))

  constructor(configOf: (namespace: string) => object, variables: Readonly<Record<string, string>> = {}) {
    // Files of their own make images of their own, which no test before has left behind.
    super({}, { 'test.txt': randomUUID() }, '.seaworthy/production')
    this.#variables = variables
    this.configure(configOf(this.namespace))
  }

  override start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return super.start(args, { KUBECONFIG: process.env['KUBECONFIG'] ?? '', ...this.#variables, ...env })
  }

  kubectl(...args: readonly string[]): string {
    const words = ['--namespace', this.namespace, ...args]
    return execFileSync('kubectl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  }

  /** Of the front door: the node reaches it. */
  address(): string {
    return this.kubectl('get', 'services', 'plain-production-gateway', '--output', 'jsonpath={.spec.clusterIP}')
  }

  /** A folder of this machine, since the cluster has nobody who makes volumes. */
  makeVolume(): void {
    chownSync(this.#volume, USER_ID, USER_ID)
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: this.namespace },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: this.#volume },
        claimRef: { namespace: this.namespace, name: 'state-plain-production-control-0' },
      },
    }
    execFileSync('kubectl', ['apply', '--filename', '-'], { input: JSON.stringify(volume), stdio: 'pipe' })
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.run(['stop', '--remove'])
    await super[Symbol.asyncDispose]()
    this.kubectl('delete', 'namespace', this.namespace, '--ignore-not-found', '--timeout=120s')
    this.kubectl('delete', 'persistentvolumes', this.namespace, '--ignore-not-found', '--timeout=60s')
    rmSync(this.#volume, { recursive: true, force: true })
  }
}

/** Gives the node's engine what generated Dockerfiles begin with, where it has none. */
export function importNodeBase(): void {
  if (execFileSync('docker', ['image', 'ls', '--quiet', NODE_BASE], { encoding: 'utf8' }) !== '') return
  using base = nodeArchive()
  execFileSync('docker', ['import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE], { stdio: 'ignore' })
}
