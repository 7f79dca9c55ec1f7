/** Everything that is compared, as it is started: one process tree each, pinned to the server's core. */
import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { end, LOAD_CORE, SERVER_CORE, spawnOn } from './machine.ts'
import { startWorkers, type OwnFeatures } from './own.ts'
import type { Place, Running } from './place.ts'

export interface Target {
  readonly name: string
  /** What is on, in words, for the report. */
  readonly features: string
  start(bench: Place): Promise<Running>
}

/** 205 bytes, as an API answers. */
const JSON_ANSWER = `{"id":4711,"name":"Ada Lovelace","tags":["first","second"],"text":"${'x'.repeat(136)}"}`
export const LARGE_BYTES = 1024 * 1024

/** Starts the upstream of all targets on the load's core. */
export async function startUpstream(folder: string): Promise<{ place: Place; stop: () => Promise<void> }> {
  const upstream = await freePort()
  writeFileSync(join(folder, 'large'), Buffer.alloc(LARGE_BYTES, 'x'))
  const config = configure('upstream.conf', { folder, upstream }, { JSON: JSON_ANSWER })
  const child = spawnOn(LOAD_CORE, ['nginx', '-c', config])
  await listening(upstream)
  return { place: { folder, upstream }, stop: () => end(child) }
}

export interface NginxOptions {
  readonly name?: string
  readonly log?: boolean
  readonly tls?: boolean
  readonly workers?: number
}

export function nginx({ name = 'nginx', log = false, tls = false, workers = 1 }: NginxOptions = {}): Target {
  const features = [
    `${workers} worker`,
    log ? 'access log JSON, buffered' : 'no access log',
    ...(tls ? ['TLS 1.3'] : []),
  ]
  return {
    name,
    features: `upstream keep-alive, ${features.join(', ')}`,
    async start(place) {
      const port = await freePort()
      const certificate = tls ? selfSigned(place.folder) : null
      const config = configure('nginx.conf', place, {
        NAME: name.replaceAll(/\W+/g, '-'),
        WORKERS: String(workers),
        LISTEN: `127.0.0.1:${port}${tls ? ' ssl' : ''}`,
        LOG: log ? `${place.folder}/${name.replaceAll(/\W+/g, '-')}.log json buffer=64k flush=100ms` : 'off',
        TLS: certificate === null ? '' : `ssl_certificate ${certificate.cert}; ssl_certificate_key ${certificate.key};`,
      })
      const cores = workers === 1 ? String(SERVER_CORE) : `${SERVER_CORE},${LOAD_CORE}`
      return running(spawnOn(cores, ['nginx', '-c', config]), port, tls)
    },
  }
}

export const haproxy: Target = {
  name: 'haproxy',
  features: 'upstream keep-alive, 1 thread, no access log',
  async start(place) {
    const port = await freePort()
    const config = configure('haproxy.cfg', place, { PORT: String(port) })
    return running(spawnOn(SERVER_CORE, ['haproxy', '-db', '-f', config]), port)
  },
}

export const caddy: Target = {
  name: 'caddy',
  features: 'upstream keep-alive, GOMAXPROCS=1, no access log',
  async start(place) {
    const port = await freePort()
    const config = configure('Caddyfile', place, { PORT: String(port) })
    const env = { GOMAXPROCS: '1', HOME: place.folder, XDG_DATA_HOME: place.folder, XDG_CONFIG_HOME: place.folder }
    const command = ['caddy', 'run', '--adapter', 'caddyfile', '--config', config] as const
    return running(spawnOn(SERVER_CORE, [...command], { env: { ...process.env, ...env } }), port)
  },
}

export const fastifyProxy: Target = {
  name: '@fastify/http-proxy',
  features: 'upstream keep-alive, undici, no log',
  async start({ upstream }) {
    const port = await freePort()
    const script = join(import.meta.dirname, 'rivals/fastify-http-proxy.ts')
    return running(spawnOn(SERVER_CORE, [process.execPath, script, String(port), String(upstream)]), port)
  },
}

export function seaworthy(name: string, features: OwnFeatures): Target {
  return {
    name,
    features: features.words,
    start: async (place) =>
      startWorkers(name, { place, features, certificate: features.tls ? selfSigned(place.folder) : null }),
  }
}

/** Fills a fixed file of `rivals/` in; returns where it lies. */
function configure(file: string, { folder, upstream }: Place, values: Readonly<Record<string, string>>): string {
  const all: Record<string, string> = { FOLDER: folder, UPSTREAM: String(upstream), ...values }
  const text = readFileSync(join(import.meta.dirname, 'rivals', file), 'utf8').replaceAll(
    /\$\{([A-Z]+)\}/g,
    (_, name: string) => all[name] ?? '',
  )
  const to = join(folder, `${values['NAME'] ?? file}-${values['PORT'] ?? ''}.conf`)
  writeFileSync(to, text)
  return to
}

async function running(child: ChildProcess, port: number, tls = false): Promise<Running> {
  await listening(port)
  return { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, pids: [child.pid!], stop: () => end(child) }
}

/** A free port; taken a moment later by whoever was asked for. */
async function freePort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)),
  )
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Resolves when somebody accepts on the port. */
async function listening(port: number, withinMs = 10_000): Promise<void> {
  for (const deadline = Date.now() + withinMs; ;) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect({ port, host: '127.0.0.1' })
      socket.once('connect', () => resolve((socket.destroy(), true)))
      socket.once('error', () => resolve(false))
    })
    if (accepted) return
    if (Date.now() > deadline) throw new Error(`nobody listens on ${port} after ${withinMs} ms`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function selfSigned(folder: string): { readonly cert: string; readonly key: string } {
  const made = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const where = ['-keyout', made.key, '-out', made.cert, '-days', '2', '-subj', '/CN=localhost']
  execFileSync('openssl', ['req', '-x509', ...curve, ...where], { stdio: 'ignore' })
  return made
}
