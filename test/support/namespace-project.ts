import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { USER_ID } from '../../src/deploy/targets/docker/dockerfile.ts'
import { NODE_BASE, nodeArchive } from './docker-engine.ts'
import { TestProject } from './project.ts'

export interface NamespaceProjectOptions {
  /** Of the config: the config names the namespace. */
  readonly configOf: (namespace: string) => object
  readonly files: Readonly<Record<string, string>>
  /** The name that its objects begin with: app and environment. */
  readonly place: string
}

/** A project whose commands speak to a real cluster, in a namespace of its own; disposing it takes all of it away. */
export class NamespaceProject extends TestProject {
  readonly namespace: string
  /** Secrets of its commands, the last one too. */
  variables: Readonly<Record<string, string>> = {}
  readonly #place: string
  readonly #volume = mkdtempSync(join(tmpdir(), 'seaworthy-volume-'))

  constructor({ configOf, files, place }: NamespaceProjectOptions) {
    const namespace = `seaworthy-${randomUUID().slice(0, 8)}`
    super(configOf(namespace), {}, '.seaworthy/production')
    this.namespace = namespace
    this.#place = place
    for (const [path, text] of Object.entries(files)) this.write(path, text)
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }

  override start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return super.start(args, { KUBECONFIG: process.env['KUBECONFIG'] ?? '', ...this.variables, ...env })
  }

  kubectl(...args: readonly string[]): string {
    const words = ['--namespace', this.namespace, ...args]
    return execFileSync('kubectl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  }

  /** Of the front door: the node reaches it. */
  address(): string {
    return this.kubectl('get', 'services', `${this.#place}-gateway`, '--output', 'jsonpath={.spec.clusterIP}')
  }

  apply(...objects: readonly object[]): void {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    const words = ['--namespace', this.namespace, 'apply', '--filename', '-']
    execFileSync('kubectl', words, { input, stdio: 'pipe' })
  }

  /** With the volume of control: a folder of this machine, since the cluster has nobody who makes volumes. */
  makeNamespace(): void {
    this.kubectl('create', 'namespace', this.namespace)
    chownSync(this.#volume, USER_ID, USER_ID)
    this.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: this.namespace },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: this.#volume },
        claimRef: { namespace: this.namespace, name: `state-${this.#place}-control-0` },
      },
    })
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
