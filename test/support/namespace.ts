import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { USER_ID } from '../../src/deploy/targets/docker/dockerfile.ts'

/** A throwaway namespace of the cluster that kubectl finds by itself, for one environment; disposing it takes all of it away. */
export class Namespace implements AsyncDisposable {
  readonly name = `seaworthy-${randomUUID().slice(0, 8)}`
  readonly #place: string
  readonly #volume = mkdtempSync(join(tmpdir(), 'seaworthy-volume-'))

  /** @param place the name that the environment's objects begin with: app and environment */
  constructor(place: string) {
    this.#place = place
  }

  kubectl(...args: readonly string[]): string {
    const words = ['--namespace', this.name, ...args]
    return execFileSync('kubectl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
  }

  /** Of the front door: the node reaches it. */
  address(): string {
    return this.kubectl('get', 'services', `${this.#place}-gateway`, '--output', 'jsonpath={.spec.clusterIP}')
  }

  apply(...objects: readonly object[]): void {
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects })
    execFileSync('kubectl', ['--namespace', this.name, 'apply', '--filename', '-'], { input, stdio: 'pipe' })
  }

  /** With the volume of control: a folder of this machine, since the cluster has nobody who makes volumes. */
  make(): void {
    this.kubectl('create', 'namespace', this.name)
    chownSync(this.#volume, USER_ID, USER_ID)
    this.apply({
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: this.name },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: this.#volume },
        claimRef: { namespace: this.name, name: `state-${this.#place}-control-0` },
      },
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.kubectl('delete', 'namespace', this.name, '--ignore-not-found', '--timeout=120s')
    this.kubectl('delete', 'persistentvolumes', this.name, '--ignore-not-found', '--timeout=60s')
    rmSync(this.#volume, { recursive: true, force: true })
  }
}
