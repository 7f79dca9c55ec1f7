import type { Errand } from '../../errand.ts'
import type { Release } from '../../release.ts'
import { needServer } from '../docker/need-server.ts'
import { SECRETS_FOLDER } from '../docker/own-files.ts'
import { CONTAINER_SECURITY, POD_HARDENING } from './hardening.ts'
import { objectName, placeOf, releaseLabels } from './names.ts'
import type { PodTemplate } from './pod.ts'
import { TMP_SIZE, resourcesOf } from './resources.ts'

/** What is dumped is text, and of databases that are copied whole: below a gigabyte each. */
const DUMP_SIZE = '4Gi'
const DUMP_FOLDER = '/var/lib/copy'
const DUMP_FILE = `${DUMP_FOLDER}/all.sql`
const CONNECT_S = 10

/** The connections of both programs. A file of passwords would have to be its user's alone, which a mounted one never is. */
export const SERVICE_FILE = 'pg_service.conf'

/** Dumps, then reads into the copy: the second begins when the first has ended well. */
export function copyPod(
  { release, service }: { readonly release: Release; readonly service: string },
  { image, secret, options }: { readonly image: string; readonly secret: string; readonly options: readonly string[] },
): PodTemplate {
  const { user } = needServer('postgres')!
  const once = (name: string, command: string, args: readonly string[]): object => ({
    name,
    image,
    imagePullPolicy: 'IfNotPresent',
    command: [command],
    args,
    env: Object.entries({
      PGSERVICEFILE: `${SECRETS_FOLDER}/${SERVICE_FILE}`,
      PGSERVICE: name,
      PGAPPNAME: 'seaworthy migration',
      PGCONNECT_TIMEOUT: String(CONNECT_S),
    }).map(([key, value]) => ({ name: key, value })),
    resources: { requests: resourcesOf({ cpu: null, memoryBytesMax: null }).requests },
    securityContext: CONTAINER_SECURITY,
    volumeMounts: [
      { name: 'tmp', mountPath: '/tmp' },
      { name: 'secrets', mountPath: SECRETS_FOLDER, readOnly: true },
      { name: 'copy', mountPath: DUMP_FOLDER },
    ],
  })
  return {
    metadata: { labels: releaseLabels(release, service, 'migration') },
    spec: {
      ...POD_HARDENING,
      serviceAccountName: objectName(placeOf(release)),
      securityContext: {
        runAsNonRoot: true,
        runAsUser: user,
        runAsGroup: user,
        fsGroup: user,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      restartPolicy: 'Never',
      volumes: [
        { name: 'tmp', emptyDir: { sizeLimit: TMP_SIZE } },
        { name: 'secrets', secret: { secretName: secret, defaultMode: 0o440 } },
        { name: 'copy', emptyDir: { sizeLimit: DUMP_SIZE } },
      ],
      initContainers: [once('dump', 'pg_dump', [...options, '--no-password', `--file=${DUMP_FILE}`])],
      containers: [
        once('restore', 'psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '--no-password', `--file=${DUMP_FILE}`]),
      ],
    },
  }
}

/** What libpq reads of the database that is dumped, and of the one that it goes into. */
export function serviceFile({ url, into }: Extract<Errand, { what: 'copy' }>): string {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url)
  const user = decodeURIComponent(username)
  const sslmode = searchParams.get('sslmode')
  const of = (name: string, database: string): readonly string[] => [
    `[${name}]`,
    // A literal address of IPv6 has brackets in a URL alone.
    `host=${hostname.replace(/^\[|\]$/g, '')}`,
    `port=${port === '' ? '5432' : port}`,
    `user=${user}`,
    `password=${decodeURIComponent(password)}`,
    `dbname=${database}`,
    ...(sslmode === null ? [] : [`sslmode=${sslmode}`]),
  ]
  return [...of('dump', decodeURIComponent(pathname.slice(1)) || user), ...of('restore', into), ''].join('\n')
}
