import { expandWords } from '../../../core/words.ts'
import type { ResolvedService } from '../../../config/resolved.ts'
import { secretNames } from '../../need-variables.ts'
import type { Release } from '../../release.ts'
import { telemetryVariables } from '../../telemetry-variables.ts'
import { listens, PORT, reachesOut, variablesOf } from '../instance-shape.ts'
import { LABEL, type Place } from '../labels.ts'
import { USER } from './dockerfile.ts'
import { aliasOf, containerName, dataVolume, networkName, secretsVolume } from './names.ts'
import { INSTANCE_FOLDER, ownCheck, SECRETS_FOLDER, TEMPLATES_VARIABLE, type OwnCheck } from './own-files.ts'

/** Everything about one container, as a value. */
export interface Container {
  readonly instance: string
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  /** The first is the one it is made on. */
  readonly networks: readonly string[]
  readonly alias: string
  /** Stands in place of the image's own; null: the image's stays. */
  readonly entry: string | null
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Null: the image's own. */
  readonly user: string | null
  /** Cores. */
  readonly cpu: number | null
  readonly memoryBytesMax: number | null
  readonly graceMs: number
  readonly volumes: readonly { readonly name: string; readonly folder: string; readonly isReadOnly: boolean }[]
  /** Whether it has a folder of its own, in memory, for what its entry makes of templates. */
  readonly hasFolder: boolean
  /** Null: none of ours. */
  readonly check: ContainerCheck | null
}

export interface ContainerCheck {
  readonly what: OwnCheck
  readonly intervalMs: number
  readonly timeoutMs: number
  readonly failures: number
  /** While it is younger than this a failure is no verdict. */
  readonly startMs: number
}

/**
 * The container of one instance of a release's service.
 * @param image by name or id; it is on the engine
 * @param isOwn its image has no entry and no check of ours: a Dockerfile of the service's own made it
 */
export function containerOf(
  release: Release,
  service: string,
  number: number,
  image: string,
  isOwn: boolean = false,
): Container {
  const { config, id, artifacts } = release
  const { name: app, environment } = config
  const place: Place = { app, environment }
  const declared = config.services[service]!
  const { run, port: fixed, health, writable, cpu, memoryBytesMax, graceMs, templates } = declared
  const instance = `${service}@${id}-${number}`
  const port = fixed ?? PORT
  const hasFolder = Object.keys(templates).length > 0
  const own = {
    HOST: '0.0.0.0',
    PORT: String(port),
    RELEASE: id,
    INSTANCE: instance,
    ...(hasFolder ? { INSTANCE_DIR: INSTANCE_FOLDER } : {}),
  }
  const isOurs = run.kind !== 'image' && !isOwn
  const words = wordsOf(declared, own)
  const secrets = secretNames(declared, config.needs)
  const what = ownCheck(declared)
  return {
    instance,
    name: containerName(place, instance),
    image,
    labels: {
      [LABEL.app]: app,
      [LABEL.environment]: environment,
      [LABEL.service]: service,
      [LABEL.release]: id,
      [LABEL.instance]: instance,
      [LABEL.artifact]: artifacts[service]!,
      [LABEL.port]: listens(declared) ? String(port) : '',
    },
    networks: [networkName(place, 'inside'), ...(reachesOut(config, service) ? [networkName(place, 'outward')] : [])],
    alias: aliasOf(instance),
    entry: isOwn ? words[0]! : null,
    argv: isOwn ? words.slice(1) : words,
    env: {
      ...telemetryVariables(config, service),
      ...(hasFolder ? { [TEMPLATES_VARIABLE]: JSON.stringify(templates) } : {}),
      ...variablesOf(declared, own, secrets),
    },
    user: isOurs ? USER : null,
    cpu,
    memoryBytesMax,
    graceMs,
    volumes: [
      ...(secrets.length === 0
        ? []
        : [{ name: secretsVolume(place, service, id), folder: SECRETS_FOLDER, isReadOnly: true }]),
      ...writable.map((folder) => ({
        name: dataVolume(place, service, folder),
        folder: `/app/${folder.replace(/^\.\//, '').replace(/\/+$/, '')}`,
        isReadOnly: false,
      })),
    ],
    hasFolder,
    check:
      isOurs && what !== null
        ? {
            what,
            intervalMs: health.intervalMs,
            timeoutMs: health.timeoutMs,
            failures: health.failures,
            startMs: health.deadlineMs,
          }
        : null,
  }
}

/** What the container is told to run: a program its own words, the server of static files where they are. */
function wordsOf({ run, routes }: ResolvedService, own: Readonly<Record<string, string>>): readonly string[] {
  switch (run.kind) {
    case 'program':
      return expandWords(run.argv, own)
    case 'static':
      return routes.map(({ host, path }) => `${host ?? ''}${path}`)
    case 'image':
      return []
  }
}
