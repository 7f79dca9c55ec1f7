import type { App, Need, PromiseOf } from './schema/app.ts'

/** Describes an app. Returns what it is given: it is there for the types. */
export function defineApp(app: App): App {
  return app
}

/** A PostgreSQL. `version` is checked against the server; without `url` the environment runs its own. */
export function postgres(options: Pick<Need, 'version' | 'url' | 'size'> = {}): Need {
  return { kind: 'postgres', ...options }
}

/** A Redis. `role: 'cache'` may be lost, `'store'` must be backed up. */
export function redis(options: Pick<Need, 'version' | 'url' | 'size' | 'role'> = {}): Need {
  return { kind: 'redis', ...options }
}

/** A Kafka, with the topics that must exist. */
export function kafka(options: Pick<Need, 'version' | 'url' | 'size' | 'topics'> = {}): Need {
  return { kind: 'kafka', ...options }
}

/** A SQLite file: one writer, so one instance. */
export function sqlite(options: Pick<Need, 'version' | 'size'> = {}): Need {
  return { kind: 'sqlite', ...options }
}

/** An API of somebody else; `url` is the name of the secret that holds its URL. */
export function http(options: Required<Pick<Need, 'url'>>): Need {
  return { kind: 'http', ...options }
}

/** What a promise is on: a service, and one of its routes. */
export function route(service: string, route: string): Exclude<PromiseOf['on'], string> {
  return { service, route }
}
