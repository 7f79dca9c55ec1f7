import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { startPostgres, type TestPostgres } from './postgres.ts'
import { root, TestProject, type CommandResult } from './project.ts'

export type Rows = readonly { readonly id: number; readonly name: string; readonly value: string | null }[]
export type StoreKind = 'sqlite' | 'postgres'

/** One release of the shelf: the column its code works with, its migrations, and the files those need. */
export interface Edition {
  readonly column: 'topic' | 'category'
  readonly expand?: string
  readonly contract?: string
  readonly files?: Readonly<Record<string, string>>
  readonly env?: Readonly<Record<string, string>>
  /** More of its service's config. */
  readonly service?: object
}

interface Store extends AsyncDisposable {
  readonly need: object
  readonly env: Readonly<Record<string, string>>
  query(project: TestProject, sql: string): Promise<readonly Record<string, unknown>[]>
  /** The schema as the database itself writes it down. */
  readonly schemaQuery: string
  copies(project: TestProject): Promise<readonly unknown[]>
  readonly server: TestPostgres | null
}

const STORES: Readonly<Record<StoreKind, () => Promise<Store>>> = {
  sqlite: async () => ({
    need: { kind: 'sqlite' },
    env: {},
    query: async (project, sql) => {
      using database = new DatabaseSync(join(project.stateFolder, 'needs/db/db.db'), { timeout: 5_000 })
      return database.prepare(sql).all()
    },
    schemaQuery: 'select name, sql from sqlite_schema order by name',
    server: null,
    copies: async (project) => readdirSync(join(project.stateFolder, 'migrations/copies')),
    [Symbol.asyncDispose]: async () => {},
  }),
  postgres: async () => {
    const server = await startPostgres()
    return {
      need: { kind: 'postgres', url: 'SHOP_DB' },
      env: { SHOP_DB: server.url },
      query: (_, sql) => server.query(sql),
      schemaQuery: `select table_name, column_name, data_type, is_nullable from information_schema.columns
        where table_schema = 'public' order by 1, 2`,
      server,
      copies: () => server.query("select datname from pg_database where datname like 'seaworthy%'"),
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    }
  },
}

const SEED = 3

/** The first edition makes its table and puts three items on it. */
export function firstEdition(kind: StoreKind): Edition {
  const id = kind === 'sqlite' ? 'integer primary key' : 'serial primary key'
  return {
    column: 'topic',
    expand: 'sql migrations',
    files: {
      'migrations/001-items.sql':
        `create table items (id ${id}, name text not null, topic text);\n` +
        `insert into items (name, topic) values ${Array.from({ length: SEED }, (_, at) => `('seed ${at}', 'old')`).join(', ')};\n`,
    },
  }
}

/** A project with the service of fixtures/services/shelf.mjs on a real database. */
export class Shelf implements AsyncDisposable {
  readonly project: TestProject
  readonly kind: StoreKind
  readonly #store: Store

  private constructor(kind: StoreKind, store: Store) {
    this.kind = kind
    this.#store = store
    this.project = new TestProject({})
    rmSync(join(this.project.folder, 'plain.mjs'))
    cpSync(join(root, 'test/fixtures/services/shelf.mjs'), join(this.project.folder, 'shelf.mjs'))
  }

  /** The first edition is up. */
  static async start(kind: StoreKind, environment: object = {}): Promise<Shelf> {
    const shelf = new Shelf(kind, await STORES[kind]())
    try {
      shelf.write(firstEdition(kind), environment)
      await shelf.must(['up', '--detach'])
      return shelf
    } catch (error) {
      await shelf[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Makes the project's folder that of an edition. */
  write({ column, expand, contract, files = {}, env = {}, service = {} }: Edition, environment: object = {}): void {
    const { folder } = this.project
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(join(folder, name, '..'), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
    const api = {
      start: 'node shelf.mjs',
      routes: ['/'],
      uses: { db: 'required' },
      health: { ready: '/health/readiness', interval: '1s', deadline: '20s', passes: 1 },
      env: { COLUMN: column, MODULES: join(root, 'package.json'), ...env },
      migrate: { ...(expand ? { expand } : {}), ...(contract ? { contract } : {}) },
      grace: '5s',
      ...service,
    }
    const local = {
      target: 'process',
      watch: { for: '500ms', warm: '10min', p95: '100x' },
      drain: '2s',
      ...environment,
    }
    this.project.configure({
      name: 'shelf',
      needs: { db: this.#store.need },
      services: { api },
      gateway: { listen: { http: 0 }, accessLog: false, workers: 2 },
      environments: { local },
    })
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CommandResult> {
    return this.project.run(args, { ...this.#store.env, ...env })
  }

  start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ReturnType<TestProject['start']> {
    return this.project.start(args, { ...this.#store.env, ...env })
  }

  must(args: readonly string[]): Promise<CommandResult> {
    return this.project.must(args, this.#store.env)
  }

  query(sql: string): Promise<readonly Record<string, unknown>[]> {
    return this.#store.query(this.project, sql)
  }

  /** Its Postgres; fails where it has none. */
  get server(): TestPostgres {
    return this.#store.server!
  }

  schema(): Promise<readonly Record<string, unknown>[]> {
    return this.query(this.#store.schemaQuery)
  }

  columns(): Promise<readonly string[]> {
    const sql =
      this.kind === 'sqlite'
        ? "select name from pragma_table_info('items') order by cid"
        : "select column_name as name from information_schema.columns where table_name = 'items' order by ordinal_position"
    return this.query(sql).then((rows) => rows.map(({ name }) => String(name)))
  }

  /** Copies and locks of files that a migration made and did not remove. */
  async leftovers(): Promise<readonly unknown[]> {
    const reports = join(this.project.stateFolder, 'migrations/reports')
    return [...(await this.#store.copies(this.project)), ...(existsSync(reports) ? readdirSync(reports) : [])]
  }

  /** All items, asked of the live release through the front door. */
  async rows(): Promise<Rows> {
    const answer = await fetch(`http://127.0.0.1:${await this.project.port()}/rows`)
    const text = await answer.text()
    if (!answer.ok) throw new Error(`/rows: ${answer.status} ${text}`)
    return JSON.parse(text) as Rows
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.project[Symbol.asyncDispose]()
    await this.#store[Symbol.asyncDispose]()
  }
}
