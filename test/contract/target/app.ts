/** One edition of the app that every scenario deploys: config and the behaviour of its program, which reads variables. */
export interface Edition {
  readonly name: string
  /** Of the program: CRASH, UNREADY, ROTS_AFTER_MS, SLOW_START_MS … of test/fixtures/services/plain.mjs. */
  readonly env?: Readonly<Record<string, string>>
  /** More of the service `api`. */
  readonly service?: object
  /** Beside `api`. */
  readonly services?: object
  /** More of the environment. */
  readonly environment?: object
  /** How long the watch looks. @default 1s */
  readonly watch?: string
}

export interface Where {
  readonly app: string
  /** Target, and what else its environment needs. */
  readonly environment: object
  readonly http: number
}

export const ENVIRONMENT = 'contract'
export const INSTANCES = 2

export function configOf(edition: Edition, { app, environment, http }: Where): object {
  const { name, env, service, services, watch = '1s' } = edition
  const api = {
    start: 'node plain.mjs',
    routes: ['/'],
    secrets: ['API_KEY'],
    scale: { min: INSTANCES },
    health: { ready: '/health/readiness', interval: '1s', timeout: '2s', deadline: '90s', passes: 1 },
    env: { NAME: name, ...env },
    grace: '5s',
    ...service,
  }
  return {
    name: app,
    services: { api, ...services },
    gateway: { listen: { http }, accessLog: false, workers: 2 },
    // A busy machine must not be taken for a slow release.
    environments: {
      [ENVIRONMENT]: {
        watch: { for: watch, warm: '30min', p95: '100x' },
        drain: '2s',
        ...environment,
        ...edition.environment,
      },
    },
  }
}
