import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { USER_ID } from '../../../src/deploy/targets/docker/dockerfile.ts'
import { bridgeWords } from '../../../src/deploy/targets/kubernetes/commands.ts'
import { controlPod } from '../../../src/deploy/targets/kubernetes/control.ts'
import { objectName } from '../../../src/deploy/targets/kubernetes/names.ts'
import { NODE_BASE, nodeArchive } from '../../support/docker-engine.ts'
import { startLoad } from '../../support/load.ts'
import { ENVIRONMENT } from './app.ts'
import type { Asked, Ground, PlaceLoad, Seen } from './place.ts'
import { askAt, bridged, freshApp, ProjectPlace } from './project-place.ts'

const PORT = 80

/** Of which a pod's fields are read. */
interface Pods {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string
      readonly uid: string
      readonly deletionTimestamp?: string
      readonly labels: Readonly<Record<string, string>>
    }
    readonly status: {
      readonly phase: string
      readonly containerStatuses?: readonly { readonly restartCount: number }[]
    }
  }[]
}

/**
 * The cluster that a kubeconfig names. Its nodes run the images of the engine that `docker` speaks to: what a place has made
 * there is taken away with it.
 */
export function kubernetesGround(kubeconfig: string): Ground {
  using base = nodeArchive()
  if (execFileSync('docker', ['image', 'ls', '--quiet', NODE_BASE], { encoding: 'utf8' }) === '')
    execFileSync('docker', ['import', '--change', 'ENV PATH=/usr/local/bin', base.path, NODE_BASE], { stdio: 'ignore' })
  const context = kubectl(kubeconfig, 'config', 'current-context')
  return {
    target: 'kubernetes',
    place: () => new KubernetesPlace(kubeconfig, context),
    [Symbol.asyncDispose]: async () => {},
  }
}

class KubernetesPlace extends ProjectPlace {
  readonly target = 'kubernetes'
  override readonly keepsData = false
  readonly #kubeconfig: string
  readonly #context: string
  readonly #app: string
  /** The app's name, as where the config names no other. */
  readonly #namespace: string
  readonly #volume: string

  constructor(kubeconfig: string, context: string) {
    const app = freshApp()
    const engine = process.env['DOCKER_HOST']
    super(
      { app, environment: { target: 'kubernetes', context, namespace: app }, http: PORT },
      { KUBECONFIG: kubeconfig, ...(engine === undefined ? {} : { DOCKER_HOST: engine }) },
    )
    this.#kubeconfig = kubeconfig
    this.#context = context
    this.#app = app
    this.#namespace = app
    this.#volume = mkdtempSync(join(tmpdir(), 'seaworthy-volume-'))
    this.#kubectl('create', 'namespace', app)
    this.#makeVolume()
  }

  protected control() {
    const place = { app: this.#app, environment: ENVIRONMENT }
    const way = bridgeWords({ context: this.#context, namespace: this.#namespace }, controlPod(place))
    return bridged(way, { ...process.env, KUBECONFIG: this.#kubeconfig })
  }

  async ask(path = '/'): Promise<Asked> {
    const address = this.#address()
    return address === '' ? { status: 0, release: null, text: 'no Service' } : askAt(`http://${address}:${PORT}${path}`)
  }

  async load(): Promise<PlaceLoad> {
    return startLoad({ host: this.#address(), port: PORT, clients: 4, pauseMs: 20 })
  }

  async seen(): Promise<readonly Seen[]> {
    const selector = `seaworthy.app=${this.#app},app.kubernetes.io/component=instance`
    const { items } = JSON.parse(this.#kubectl('get', 'pods', '--selector', selector, '--output', 'json')) as Pods
    return items
      .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status.phase === 'Running')
      .map(({ metadata: { name, uid, labels }, status }) => ({
        key: `${name} ${uid} ${status.containerStatuses?.[0]?.restartCount}`,
        service: labels['seaworthy.service']!,
        release: labels['seaworthy.release']!,
      }))
  }

  async kill({ key }: Seen): Promise<void> {
    // Nobody kills a pod's first process from inside; without grace the kubelet does.
    this.#kubectl('delete', 'pod', key.split(' ')[0]!, '--grace-period=0', '--force')
  }

  async left(): Promise<readonly string[]> {
    const kinds = 'all,configmaps,secrets,networkpolicies,poddisruptionbudgets'
    const words = ['--selector', `seaworthy.app=${this.#app}`, '--output', 'name']
    return this.#kubectl('get', kinds, ...words)
      .split('\n')
      .filter((line) => line !== '')
  }

  protected async clear(): Promise<void> {
    this.#kubectl('delete', 'namespace', this.#namespace, '--timeout=120s')
    this.#kubectl('delete', 'persistentvolumes', this.#namespace, '--ignore-not-found', '--timeout=60s')
    rmSync(this.#volume, { recursive: true, force: true })
    const label = `label=seaworthy.app=${this.#app}`
    const images = execFileSync('docker', ['image', 'ls', '--quiet', '--filter', label], { encoding: 'utf8' })
    const ids = [...new Set(images.split('\n').filter((id) => id !== ''))]
    if (ids.length > 0) execFileSync('docker', ['image', 'rm', '--force', ...ids], { stdio: 'ignore' })
  }

  #address(): string {
    const gateway = objectName({ app: this.#app, environment: ENVIRONMENT }, 'gateway')
    return this.#kubectl('get', 'services', gateway, '--ignore-not-found', '--output', 'jsonpath={.spec.clusterIP}')
  }

  #kubectl(...words: readonly string[]): string {
    return kubectl(this.#kubeconfig, '--namespace', this.#namespace, ...words)
  }

  /** A folder of this machine: a test cluster has nobody who makes volumes. */
  #makeVolume(): void {
    chownSync(this.#volume, USER_ID, USER_ID)
    const claim = `state-${controlPod({ app: this.#app, environment: ENVIRONMENT })}`
    const volume = {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: this.#namespace },
      spec: {
        capacity: { storage: '10Gi' },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: this.#volume },
        claimRef: { namespace: this.#namespace, name: claim },
      },
    }
    execFileSync('kubectl', ['--kubeconfig', this.#kubeconfig, 'apply', '--filename', '-'], {
      input: JSON.stringify(volume),
      stdio: 'pipe',
    })
  }
}

function kubectl(kubeconfig: string, ...words: readonly string[]): string {
  const args = ['--kubeconfig', kubeconfig, ...words]
  return execFileSync('kubectl', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}
