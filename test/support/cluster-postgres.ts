import { execFileSync } from 'node:child_process'
import { basename, dirname } from 'node:path'
import { Client } from 'pg'
import { needServer } from '../../src/deploy/targets/docker/need-server.ts'
import { postgresArchive, postgresPrograms } from './docker-bases.ts'
import type { NamespaceProject } from './namespace-project.ts'
import { until } from './project.ts'

/** Of the server that this machine's Debian has. */
export const POSTGRES_VERSION = basename(dirname(postgresPrograms()))
const PASSWORD = 'geheim-db-0815'
const IMAGE = `postgres:${POSTGRES_VERSION}`
const UP_MS = 120_000

/** A database that somebody else runs: a pod of the namespace, none of the app's. */
export interface ClusterPostgres {
  readonly url: string
  readonly password: string
  query(sql: string): Promise<readonly Record<string, unknown>[]>
}

export async function startClusterPostgres(project: NamespaceProject): Promise<ClusterPostgres> {
  if (execFileSync('docker', ['image', 'ls', '--quiet', IMAGE], { encoding: 'utf8' }) === '') {
    using archive = postgresArchive()
    const changes = [`ENV PATH=${postgresPrograms()}`, 'ENTRYPOINT ["/docker-entrypoint.sh"]']
    const words = changes.flatMap((change) => ['--change', change])
    execFileSync('docker', ['import', ...words, archive.path, IMAGE], { stdio: 'ignore' })
  }
  const server = needServer('postgres')!
  const { user, argv, scratch } = server
  const env = server.env({ app: 'somebody', environment: 'else' }, 'postgres')
  const labels = { role: 'postgres' }
  const folders = [...scratch, '/var/lib/need', '/tmp']
  project.apply(
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'postgres' }, stringData: { admin: PASSWORD } },
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'postgres' },
      spec: { selector: labels, ports: [{ port: 5432 }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'postgres', labels },
      spec: {
        // Nothing of it is kept, and nobody is waited for.
        terminationGracePeriodSeconds: 1,
        securityContext: { runAsUser: user, runAsGroup: user, fsGroup: user },
        containers: [
          {
            name: 'postgres',
            image: IMAGE,
            imagePullPolicy: 'IfNotPresent',
            args: argv,
            // Beside pods that put aside what they need it would get nothing.
            resources: { requests: { cpu: '200m', memory: '256Mi' } },
            env: Object.entries(env).map(([name, value]) => ({ name, value })),
            volumeMounts: [
              { name: 'secrets', mountPath: '/run/secrets' },
              ...folders.map((mountPath, index) => ({ name: `folder-${index}`, mountPath })),
            ],
          },
        ],
        volumes: [
          { name: 'secrets', secret: { secretName: 'postgres' } },
          ...folders.map((_, index) => ({ name: `folder-${index}`, emptyDir: {} })),
        ],
      },
    },
  )
  const host = project.kubectl('get', 'services', 'postgres', '--output', 'jsonpath={.spec.clusterIP}')
  const as = (database: string): string => `postgres://${env['POSTGRES_USER']!}:${PASSWORD}@${host}:5432/${database}`
  const query = async (sql: string, database = 'shop'): Promise<readonly Record<string, unknown>[]> => {
    const client = new Client({ connectionString: as(database), connectionTimeoutMillis: 10_000 })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }
  const isUp = (): Promise<boolean> =>
    query('select 1', 'postgres').then(
      () => true,
      () => false,
    )
  await until(isUp, 'Postgres to answer', UP_MS, 500).catch((error: unknown) => {
    throw new Error(project.kubectl('describe', 'pods', 'postgres'), { cause: error })
  })
  await query('create database shop', 'postgres')
  return { url: as('shop'), password: PASSWORD, query }
}
