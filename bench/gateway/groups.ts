/** What is compared with what, by which requests. */
import type { LoadRequest } from './load.ts'
import { EVERYTHING } from './everything.ts'
import { caddy, fastifyProxy, haproxy, nginx, seaworthy, type Target } from './targets.ts'

export interface Group {
  readonly name: string
  readonly about: string
  readonly request: LoadRequest
  readonly targets: readonly Target[]
  readonly bars: readonly RatioBar[]
}

/** `of` in requests per CPU-second, at least `atLeast` times what `to` does in the same rounds. */
export interface RatioBar {
  readonly of: string
  readonly to: string
  readonly atLeast: number
}

const OURS = 'seaworthy'
const plain = seaworthy(OURS, {
  words: 'strict reader, correlation id, traceparent, counters, deadlines; no access log',
})
const logging = seaworthy('seaworthy with log', {
  words: 'as plain, with the access log (JSON, buffered)',
  log: true,
})
const minimal: LoadRequest = { file: 'minimal.lua', path: '/', connections: 64 }
const browser: LoadRequest = { ...minimal, file: 'browser.lua' }

export const GROUPS: readonly Group[] = [
  {
    name: 'minimal',
    about: 'GET, 205 bytes of JSON, minimal heads',
    request: minimal,
    targets: [nginx(), plain, haproxy, caddy, fastifyProxy],
    bars: [{ of: OURS, to: 'nginx', atLeast: 0.85 }],
  },
  {
    name: 'browser',
    about: 'GET, browser heads, access log on both sides',
    request: browser,
    targets: [nginx({ name: 'nginx with log', log: true }), logging],
    bars: [{ of: logging.name, to: 'nginx with log', atLeast: 0.75 }],
  },
  {
    name: 'everything',
    about: 'GET, browser heads: ours with everything on, the rivals plain',
    request: browser,
    targets: [nginx(), seaworthy('seaworthy everything', EVERYTHING), caddy],
    bars: [
      { of: 'seaworthy everything', to: 'nginx', atLeast: 0.45 },
      { of: 'seaworthy everything', to: 'caddy', atLeast: 2 },
    ],
  },
  {
    name: 'tls',
    about: 'GET, minimal heads, TLS 1.3, kept-alive connections',
    request: minimal,
    targets: [
      nginx({ name: 'nginx TLS', tls: true }),
      seaworthy('seaworthy TLS', { words: 'as plain, TLS 1.3', tls: true }),
    ],
    bars: [],
  },
  {
    name: 'post-1k',
    about: 'POST of 1 KB JSON',
    request: { ...minimal, file: 'post-1k.lua' },
    targets: [nginx(), plain],
    bars: [],
  },
  {
    name: 'download-1m',
    about: 'answers of 1 MiB',
    request: { ...minimal, path: '/large', connections: 16 },
    targets: [nginx(), plain],
    bars: [],
  },
  {
    name: 'upload-1m',
    about: 'POST of 1 MiB',
    request: { file: 'upload-1m.lua', path: '/upload', connections: 16 },
    targets: [nginx(), plain],
    bars: [],
  },
  {
    name: 'two-workers',
    about: 'GET, minimal heads, two workers on both cores',
    request: minimal,
    targets: [
      nginx({ name: 'nginx 2 workers', workers: 2 }),
      seaworthy('seaworthy 2 workers', { words: 'as plain, 2 workers on one inherited socket', workers: 2 }),
    ],
    bars: [],
  },
]

/** The targets of the open-loop latency and of the idle connections. */
export const PAIR: readonly Target[] = [nginx(), plain]
