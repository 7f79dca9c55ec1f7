import { execFileSync } from 'node:child_process'
import { chownSync, mkdtempSync, rmSync } from 'node:fs'
import { randomBytes, randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connectControl, type ControlClient } from '../../src/control/api/client.ts'
import { openBridge, type Bridge } from '../../src/control/bridge/near-end.ts'
import { USER_ID } from '../../src/deploy/targets/docker/dockerfile.ts'
import { ownImage } from '../../src/deploy/targets/image/own-image.ts'
import { putImage } from '../../src/deploy/targets/image/put-image.ts'
import { applyObjects, bridgeWords, listPods, type Access } from '../../src/deploy/targets/kubernetes/commands.ts'
import { controlPod } from '../../src/deploy/targets/kubernetes/control.ts'
import { lookAtCluster } from '../../src/deploy/targets/kubernetes/look.ts'
import { objectName } from '../../src/deploy/targets/kubernetes/names.ts'
import { observed, type ObservedPod } from '../../src/deploy/targets/kubernetes/observe.ts'
import { planInstallation } from '../../src/deploy/targets/kubernetes/plan-installation.ts'
import { mustRun, runAll } from '../../src/deploy/targets/run-command.ts'
import { nodeArchive } from './docker-engine.ts'
import { root, TestProject, until } from './project.ts'

const PLACE = { app: 'plain', environment: 'local' }
const BASE = 'seaworthy-test-base:1'
const OWN = 'seaworthy-test:cluster'
const STATE_BYTES = 2 ** 30
const UP_MS = 120_000
const GATEWAYS = 2
const run = { env: process.env }

/** A project on the cluster that kubectl finds by itself, in a namespace of its own; disposing it takes all of it away. */
export class ClusterProject extends TestProject {
  override program = join(root, 'test/support/kubernetes-cli.ts')
  readonly access: Access = { context: null, namespace: `seaworthy-${randomUUID().slice(0, 8)}` }
  readonly #volume = mkdtempSync(join(tmpdir(), 'seaworthy-volume-'))
  readonly #bridge: Bridge = openBridge(bridgeWords(this.access, controlPod(PLACE)), run)
  readonly #client: ControlClient = connectControl(this.#bridge, { awayMs: UP_MS })

  kubectl(...args: readonly string[]): string {
    const words = ['--namespace', this.access.namespace, ...args]
    return execFileSync('kubectl', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
  }

  /** Resolves when control answers over the bridge. The node's engine gets the images: there is no registry. */
  async install(): Promise<void> {
    using base = nodeArchive()
    execFileSync('docker', ['import', '--change', 'ENV PATH=/usr/local/bin', base.path, BASE], { stdio: 'ignore' })
    await putImage(await ownImage({ folder: root, sources: 'src', version: '0.0.0' }), OWN, null, run)
    this.kubectl('create', 'namespace', this.access.namespace)
    await mustRun({ ...applyObjects(this.access, []), stdin: Buffer.from(JSON.stringify(this.#claimed())) }, run)
    await this.apply()
    await until(
      () => this.kubectl('get', 'pods', '--no-headers').match(/ 1\/1 /g)?.length === 1 + GATEWAYS,
      'the pods of control and gateway to be ready',
      UP_MS,
      500,
    ).catch((error: unknown) => {
      throw new Error(this.kubectl('describe', 'pods'), { cause: error })
    })
  }

  /** What an installation puts in place; it can be done again. */
  async apply(): Promise<void> {
    const wanted = {
      ...({ http: 80, https: null, reach: 'inside', url: 'http://gateway' } as const),
      place: PLACE,
      image: OWN,
      key: randomBytes(32),
      gateways: GATEWAYS,
      workers: 1,
      stateBytes: STATE_BYTES,
      cluster: await lookAtCluster(this.access, run),
    }
    const nothing = { own: null, gateway: null, hasVolume: false }
    await runAll(planInstallation(this.access, wanted, nothing, () => false).commands, run)
  }

  override get control(): ControlClient {
    return this.#client
  }

  override start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    return super.start(args, { ...this.#env(), ...env })
  }

  /** Of the front door. */
  address(): string {
    return this.kubectl('get', 'services', objectName(PLACE, 'gateway'), '--output', 'jsonpath={.spec.clusterIP}')
  }

  /** Of the services' instances, those on their way out included. */
  async pods(): Promise<readonly ObservedPod[]> {
    return observed(await mustRun(listPods(this.access, PLACE), run))
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close()
    this.#bridge.close()
    await super[Symbol.asyncDispose]()
    const { namespace } = this.access
    this.kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--timeout=120s')
    this.kubectl('delete', 'persistentvolumes', namespace, '--ignore-not-found', '--timeout=60s')
    rmSync(this.#volume, { recursive: true, force: true })
  }

  #env(): Readonly<Record<string, string>> {
    return {
      TEST_NAMESPACE: this.access.namespace,
      TEST_BASE: BASE,
      KUBECONFIG: process.env['KUBECONFIG'] ?? '',
      DOCKER_HOST: process.env['DOCKER_HOST'] ?? '',
    }
  }

  /** A folder of this machine, since the cluster has nobody who makes volumes. */
  #claimed(): object {
    chownSync(this.#volume, USER_ID, USER_ID)
    const { namespace } = this.access
    return {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: { name: namespace },
      spec: {
        capacity: { storage: String(STATE_BYTES) },
        accessModes: ['ReadWriteOnce'],
        hostPath: { path: this.#volume },
        claimRef: { namespace, name: `state-${controlPod(PLACE)}` },
      },
    }
  }
}
