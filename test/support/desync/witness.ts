/** Upstreams that tell which requests they have read. */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { listening, startUpstream, until } from '../../../src/gateway/testing.ts'
import type { Upstream } from '../../../src/gateway/table.ts'

export interface Seen {
  readonly method: string
  readonly target: string
  readonly body: string
  /** False for what was begun and never came to its end, or was no request to it. */
  readonly whole: boolean
}

export interface Witness extends AsyncDisposable {
  readonly name: string
  readonly upstream: Upstream
  seen(): readonly Seen[]
}

/** Node's server: answers with what it read, once it has read all of it. */
export async function startNodeWitness(): Promise<Witness> {
  const seen: { -readonly [Key in keyof Seen]: Seen[Key] }[] = []
  const upstream = await startUpstream('node', (request: IncomingMessage, response: ServerResponse) => {
    const { method = '', url: target = '' } = request
    const one = { method, target, body: '', whole: false }
    seen.push(one)
    request.on('data', (chunk: Buffer) => (one.body += chunk.toString('latin1')))
    request.on('error', () => {})
    request.on('end', () => {
      one.whole = request.complete
      response.end(`${method} ${target}`)
    })
  })
  upstream.server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // A connection that ended within a body is what the gateway leaves behind when it refuses the rest.
    const left = error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'ECONNRESET'
    if (!left) seen.push({ method: '', target: String(error.code), body: '', whole: false })
    socket.destroy()
  })
  return {
    name: 'node',
    upstream: upstream.upstream,
    seen: () => seen,
    [Symbol.asyncDispose]: () => upstream[Symbol.asyncDispose](),
  }
}

const NGINX = '/usr/sbin/nginx'

/** nginx: one server passes each request to another, so that its body is read, and logs what it was. */
export async function startNginxWitness(): Promise<Witness> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-nginx-'))
  const log = join(folder, 'access.log')
  writeFileSync(join(folder, 'nginx.conf'), configOf(folder))
  const child = spawn(
    NGINX,
    ['-p', folder, '-c', join(folder, 'nginx.conf'), '-g', 'daemon off; master_process off;'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const ended = new Promise((resolve) => child.once('close', resolve))
  const socket = join(folder, 'front.sock')
  // It cannot choose a free port itself.
  const door = createServer({ allowHalfOpen: true }, (client) => {
    const inside = connect({ path: socket, allowHalfOpen: true })
    client.pipe(inside).pipe(client)
    for (const [one, other] of [
      [client, inside],
      [inside, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  const port = await listening(door)
  await until(() => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`)
    return existsSync(socket)
  })
  return {
    name: 'nginx',
    upstream: { id: `api@nginx-${port}`, host: '127.0.0.1', port, release: 'nginx' },
    seen: () =>
      readFileSync(log, 'latin1')
        .split('\n')
        // Behind the last line's end stands nothing, or the beginning of one that is being written.
        .slice(0, -1)
        .map((line) => {
          const { method, target, body, status } = JSON.parse(line) as Record<string, string>
          return { method: method!, target: target!, body: body!, whole: status === '200' }
        }),
    async [Symbol.asyncDispose]() {
      door.close()
      child.kill('SIGTERM')
      await ended
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function configOf(folder: string): string {
  const { uid, username } = { uid: process.getuid?.() ?? 0, username: 'root' }
  // `merge_slashes` would tell of another target than the one that was read.
  return `${uid === 0 ? `user ${username};` : ''}
pid ${folder}/nginx.pid;
error_log stderr error;
events { worker_connections 256; }
http {
  log_format seen escape=json '{"method":"$request_method","target":"$request_uri","body":"$request_body","status":"$status"}';
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  server {
    listen unix:${folder}/front.sock;
    access_log ${folder}/access.log seen;
    client_body_buffer_size 64k;
    client_body_in_single_buffer on;
    client_max_body_size 1m;
    merge_slashes off;
    location / {
      proxy_pass http://unix:${folder}/inner.sock:;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
    }
  }
  server {
    listen unix:${folder}/inner.sock;
    merge_slashes off;
    location / { return 200 "$request_method $request_uri"; }
  }
}
`
}
