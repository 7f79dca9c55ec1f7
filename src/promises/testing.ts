/** An app with given promises, for tests: checked and resolved as any other. */
import { checkConfig, resolveEnvironment, type ResolvedApp } from '../config/index.ts'
import type { Json } from '../config/plain.ts'
import type { Objective } from './objective.ts'
import { objectivesOf } from './objectives.ts'

/** A service `api` that uses a database and, where it can, a cache. What `more` holds replaces the whole key. */
export function appWith(promises: Json, more: Readonly<Record<string, Json>> = {}): ResolvedApp {
  const app = {
    name: 'shop',
    needs: { db: { kind: 'postgres', size: '20GiB' }, cache: { kind: 'redis', role: 'cache' } },
    services: {
      api: {
        start: 'node main.ts',
        routes: ['/api'],
        uses: { db: 'required', cache: 'optional' },
        scale: { min: 2, max: 4 },
      },
    },
    promises,
    environments: { local: { target: 'process' } },
    ...more,
  }
  return resolveEnvironment(checkConfig(app, '/app/seaworthy.config.ts'), 'local')
}

/** The objectives of one promise on `api`. */
export function objectivesWith(promise: Readonly<Record<string, Json>>): readonly Objective[] {
  return objectivesOf(appWith({ trade: { on: { service: 'api' }, ...promise } }))
}
