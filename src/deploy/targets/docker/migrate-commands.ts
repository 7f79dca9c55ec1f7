import { expandWords } from '../../../core/words.ts'
import type { Errand } from '../../errand.ts'
import { secretNames } from '../../need-variables.ts'
import type { Release } from '../../release.ts'
import { variablesOf } from '../instance-shape.ts'
import type { Command } from '../command.ts'
import { LABEL, type Place } from '../labels.ts'
import { migrationValues } from '../migration-values.ts'
import {
  connectNetworks,
  createContainer,
  createNetwork,
  createVolume,
  docker,
  fillVolume,
  SHORT_MS,
  startContainer,
  type Host,
} from './commands.ts'
import { containerOf, type Container } from './container.ts'
import { USER_ID } from './dockerfile.ts'
import { migrationName, networkName } from './names.ts'
import { ownedFolder } from './need-commands.ts'
import { needServer } from './need-server.ts'
import { SECRETS_FOLDER } from './own-files.ts'
import { tarOf, type TarFile } from './tar.ts'

/** One container that runs once, as a value. */
export interface OneOff {
  readonly container: Container
  /** What its program reads as files; in no command and no variable. */
  readonly secrets: readonly TarFile[]
  /** A folder in one of its volumes that belongs to its user, who could not make it. */
  readonly folder: {
    readonly volume: string
    readonly at: string
    readonly name: string
    readonly owner: number
  } | null
}

export interface Step {
  readonly host: Host
  readonly place: Place
  readonly run: number
}

type CommandErrand = Extract<Errand, { what: 'command' }>
type CopyErrand = Extract<Errand, { what: 'copy' }>

const COPY_FOLDER = '/var/lib/copy'
const DUMP_FOLDER = 'dump'
const COPY_FILE = `${COPY_FOLDER}/${DUMP_FOLDER}/all.sql`
const PASS_FILE = 'pgpass'
const CONNECT_S = 10

/**
 * A migration's command in the release's own image, as one of its instances would run: the same limits, networks and folders. Of
 * its variables, those that the config does not spell out are files, since a rehearsal changes addresses that hold passwords.
 */
export function commandContainer(
  { place, run }: Step,
  release: Release,
  service: string,
  { image, isOwn }: { readonly image: string; readonly isOwn: boolean },
  { id, argv, env }: CommandErrand,
): OneOff {
  const declared = release.config.services[service]!
  const own = { RELEASE: release.id, INSTANCE: `migration ${run} of ${service}` }
  const like = containerOf(release, service, 0, image, isOwn)
  const values = Object.entries(migrationValues(declared, env))
  const names = [...new Set([...secretNames(declared, release.config.needs), ...values.map(([name]) => name)])]
  const words = expandWords(argv, own)
  const name = migrationName(place, run, String(id))
  // An image that was made without our entry has its own, which is not for this.
  const isBare = isOwn || declared.run.kind === 'image'
  return {
    container: {
      ...like,
      name,
      labels: { ...labelsOf(place, run), ...(env['REHEARSAL'] === '1' ? {} : { [LABEL.applying]: 'yes' }) },
      alias: `migrate-${run}-${id}`,
      entry: isBare ? words[0]! : null,
      argv: isBare ? words.slice(1) : words,
      env: variablesOf(declared, own, names),
      volumes: [
        { name: `${name}_secrets`, folder: SECRETS_FOLDER, isReadOnly: true },
        ...like.volumes.filter(({ folder }) => folder !== SECRETS_FOLDER),
      ],
      hasFolder: false,
      check: null,
    },
    secrets: values.map(([variable, value]) => ({
      name: variable,
      bytes: Buffer.from(value),
      mode: like.user === null ? 0o444 : 0o400,
      owner: USER_ID,
    })),
    folder: null,
  }
}

/**
 * A copy of a database in two steps, each a program of the need's own image: what `pg_dump` writes into a file, `psql` reads.
 * @param image of the need
 * @param isOutside somebody else runs it
 */
export function copyContainers(
  { place, run }: Step,
  image: string,
  isOutside: boolean,
  { id, url, into, options }: CopyErrand,
): readonly [dump: OneOff, restore: OneOff] {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url)
  const user = decodeURIComponent(username)
  const database = decodeURIComponent(pathname.slice(1)) || user
  const sslmode = searchParams.get('sslmode')
  const { user: owner } = needServer('postgres')!
  const passLine = ['*', '*', '*', user, decodeURIComponent(password)].map(escaped).join(':')
  const of = (step: string, program: string, argv: readonly string[], name: string): OneOff => ({
    container: {
      instance: '',
      name: migrationName(place, run, `${id}-${step}`),
      image,
      labels: labelsOf(place, run),
      networks: [networkName(place, isOutside ? 'outward' : 'inside')],
      alias: `migrate-${run}-${id}-${step}`,
      entry: program,
      argv,
      env: {
        PGHOST: hostname,
        PGPORT: port === '' ? '5432' : port,
        PGUSER: user,
        PGDATABASE: name,
        PGPASSFILE: `${SECRETS_FOLDER}/${PASS_FILE}`,
        PGAPPNAME: 'seaworthy migration',
        PGCONNECT_TIMEOUT: String(CONNECT_S),
        ...(sslmode === null ? {} : { PGSSLMODE: sslmode }),
      },
      user: `${owner}:${owner}`,
      cpu: null,
      memoryBytesMax: null,
      graceMs: 10_000,
      volumes: [
        { name: `${migrationName(place, run, `${id}-${step}`)}_secrets`, folder: SECRETS_FOLDER, isReadOnly: true },
        { name: copyVolume(place, run, id), folder: COPY_FOLDER, isReadOnly: false },
      ],
      hasFolder: false,
      check: null,
    },
    secrets: [{ name: PASS_FILE, bytes: Buffer.from(`${passLine}\n`), mode: 0o400, owner }],
    folder: { volume: copyVolume(place, run, id), at: COPY_FOLDER, name: DUMP_FOLDER, owner },
  })
  return [
    of('dump', 'pg_dump', [...options, '--no-password', `--file=${COPY_FILE}`], database),
    of('restore', 'psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '--no-password', `--file=${COPY_FILE}`], into),
  ]
}

/** Where a dump lies between its two steps. */
export function copyVolume(place: Place, run: number, id: number): string {
  return `${migrationName(place, run, String(id))}_copy`
}

/**
 * Makes it, with what it reads, and starts it. Its end is waited for by name, so whoever is killed meanwhile finds it.
 * @param networks names of those that the environment has: it may be the first to need one
 */
export function oneOffCommands(
  { host, place }: Step,
  { container, secrets, folder }: OneOff,
  networks: readonly string[],
): readonly Command[] {
  const { image, name } = container
  return [
    ...container.networks
      .filter((network) => !networks.includes(network))
      .map((network) => createNetwork(host, network, place, network === networkName(place, 'inside'))),
    ...container.volumes.map((volume) => createVolume(host, volume.name, place)),
    ...fillVolume(host, place, {
      name: `${name}_secrets`,
      folder: SECRETS_FOLDER,
      image,
      archive: tarOf(secrets),
    }),
    ...(folder === null
      ? []
      : fillVolume(host, place, {
          name: folder.volume,
          folder: folder.at,
          image,
          archive: ownedFolder(folder.name, folder.owner),
        })),
    createContainer(host, container, 'no'),
    ...connectNetworks(host, container),
    { ...startContainer(host, name), mayFail: false },
  ]
}

/** Prints its exit code once it has ended; at once for one that has. */
export function waitFor(host: Host, name: string, timeoutMs: number): Command {
  return docker(host, ['wait', name], timeoutMs, `waits for ${name}`)
}

/** Its id; nothing where the engine has none of that name. */
export function findContainer(host: Host, name: string): Command {
  const argv = ['ps', '--all', '--no-trunc', '--quiet', '--filter', `name=^/${name}$`]
  return docker(host, argv, SHORT_MS, `looks for ${name}`)
}

/** Ids of the containers that do steps of migrations, those that have ended included. */
export function listMigrations(host: Host, { app, environment }: Place): Command {
  const labels = [`${LABEL.app}=${app}`, `${LABEL.environment}=${environment}`, LABEL.migration]
  const filters = labels.flatMap((label) => ['--filter', `label=${label}`])
  return docker(host, ['ps', '--all', '--no-trunc', '--quiet', ...filters], SHORT_MS, 'looks for migrations')
}

function labelsOf({ app, environment }: Place, run: number): Readonly<Record<string, string>> {
  return { [LABEL.app]: app, [LABEL.environment]: environment, [LABEL.migration]: String(run) }
}

/** As a line of that file has it. */
function escaped(text: string): string {
  return text === '*' ? text : text.replaceAll(/[\\:]/g, String.raw`\$&`)
}
