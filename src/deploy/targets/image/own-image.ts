import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { USER } from '../docker/dockerfile.ts'
import { measureLayer, ROOT, type LayerEntry, type MeasuredLayer } from './layer.ts'
import { architectureHere, machineNode } from './machine-node.ts'
import { fileEntry, OURS_NOT_RUN, packageFiles, PACKAGES_NOT_RUN } from './package-files.ts'
import { placePackages } from './packages.ts'
import { BRIDGE, CHECK, GATEWAY, GATEWAY_CHECK, HOME, NODE, RECORDS, SERVE, STATE } from './places.ts'

/** What `generate` and `explain` load when they come to files beside a config: inside there is none. */
export const LEFT_OUT: readonly string[] = ['@grafana/grafana-foundation-sdk']

/** No time of making is kept: it would be all that differs between two images of the same files. */
const CREATED = '1970-01-01T00:00:00Z'
const SECOND_NS = 1_000_000_000

export interface Installation {
  /** The folder of Seaworthy's own package.json. */
  readonly folder: string
  /** What runs there: `src` with `.ts`, or `dist` with `.js`. */
  readonly sources: 'src' | 'dist'
  readonly version: string
}

/** Seaworthy's image as it will be, before anything is written. */
export interface OwnImage {
  /** Digest of its config, by which Docker knows it. */
  readonly id: string
  /** Digest of its manifest, by which containerd and registries that are given it as it is know it. */
  readonly digest: string
  readonly architecture: string
  /** Of all its layers, not compressed. */
  readonly bytes: number
  /** The lowest first; what changes least is at the bottom. */
  readonly layers: readonly MeasuredLayer[]
  readonly config: string
  readonly manifest: string
}

/**
 * Works out Seaworthy's image from what this machine has: its Node, and the files of this installation. No registry, no network
 * and no engine is asked; the same files give the same image.
 * @throws Problem `image.not-here`
 */
export async function ownImage(installation: Installation): Promise<OwnImage> {
  const { folder, sources, version } = installation
  const architecture = architectureHere()
  const packages = placePackages(folder, LEFT_OUT)
  const layers = [
    await measureLayer(`Node ${process.version} of the machine that made it`, machineNode()),
    await measureLayer(
      'the packages that Seaworthy needs',
      packages.flatMap((one) => packageFiles(one.folder, `${HOME.slice(1)}/${one.place}`, PACKAGES_NOT_RUN)),
    ),
    await measureLayer(`Seaworthy ${version}`, ownFiles(folder, sources)),
  ]
  const config = JSON.stringify(configOf({ architecture, version, layers }))
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: descriptor('application/vnd.oci.image.config.v1+json', digestOf(config), Buffer.byteLength(config)),
    layers: layers.map(({ digest, bytes }) => descriptor('application/vnd.oci.image.layer.v1.tar', digest, bytes)),
  })
  const bytes = layers.reduce((all, layer) => all + layer.bytes, 0)
  return { id: digestOf(config), digest: digestOf(manifest), architecture, bytes, layers, config, manifest }
}

function ownFiles(folder: string, sources: 'src' | 'dist'): readonly LayerEntry[] {
  const home = HOME.slice(1)
  const kind = sources === 'src' ? 'ts' : 'js'
  const files = ['package.json', 'LICENSE', 'bin/seaworthy.js'].filter((file) => existsSync(join(folder, file)))
  return [
    ...files.map((file) => fileEntry(join(folder, file), `${home}/${file}`)),
    ...packageFiles(join(folder, sources), `${home}/${sources}`, OURS_NOT_RUN),
    linkTo(BRIDGE, `${sources}/control/bridge/main.${kind}`),
    linkTo(RECORDS, `${sources}/control/records/main.${kind}`),
    linkTo(CHECK, `${sources}/control/bridge/check.${kind}`),
    linkTo(GATEWAY, `${sources}/gateway/remote/main.${kind}`),
    linkTo(GATEWAY_CHECK, `${sources}/gateway/remote/check.${kind}`),
    linkTo(SERVE, `${sources}/gateway/file-server/main.${kind}`),
  ]
}

function linkTo(path: string, leadsTo: string): LayerEntry {
  return { path: path.slice(1), kind: 'link', leadsTo, mode: 0o777, owner: ROOT }
}

function configOf(image: { architecture: string; version: string; layers: readonly MeasuredLayer[] }) {
  const { architecture, version, layers } = image
  return {
    architecture,
    os: 'linux',
    created: CREATED,
    config: {
      User: USER,
      Env: [`PATH=${NODE.slice(0, NODE.lastIndexOf('/'))}`, `HOME=${STATE}`],
      // Up like a service unit: the keeper in front, everything else from what the state folder says.
      Entrypoint: ['node', `${HOME}/bin/seaworthy.js`, 'up', '--service', STATE],
      Volumes: { [STATE]: {} },
      WorkingDir: STATE,
      Labels: {
        'org.opencontainers.image.title': 'seaworthy',
        'org.opencontainers.image.version': version,
        'org.opencontainers.image.licenses': 'Apache-2.0',
      },
      StopSignal: 'SIGTERM',
      // Control and the gateway come up within seconds; while control is restarted after a crash it is not unhealthy yet.
      Healthcheck: {
        Test: ['CMD', 'node', CHECK, STATE],
        Interval: 10 * SECOND_NS,
        Timeout: 5 * SECOND_NS,
        StartPeriod: 30 * SECOND_NS,
        Retries: 3,
      },
    },
    rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    history: layers.map(({ what }) => ({ created: CREATED, created_by: `seaworthy image: ${what}` })),
  }
}

function descriptor(mediaType: string, digest: string, size: number) {
  return { mediaType, digest, size }
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
