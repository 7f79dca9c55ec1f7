/** nginx with ModSecurity and its rule set as Debian packs them, and the same nginx without: the same requests through both. */
import { spawn, spawnSync } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sample } from './requests.ts'

const MODULE = '/usr/lib/nginx/modules/ngx_http_modsecurity_module.so'
const RULES = '/usr/share/modsecurity-crs/rules'
const PACKAGES = ['nginx-light', 'libnginx-mod-http-modsecurity', 'modsecurity-crs']
const CONCURRENCY = 4

export interface Rival extends AsyncDisposable {
  readonly versions: string
  /** Microseconds of the server's CPU a request, and what it answered. */
  cost(
    sample: Sample,
    options: { rules: boolean; count: number },
  ): Promise<{ us: number; statuses: Readonly<Record<string, number>> }>
}

/** Installs what is missing where that is allowed, and starts both. Null, with the reason printed, where it cannot. */
export async function startModsecurity(): Promise<Rival | null> {
  if (!installed()) install()
  if (!installed()) {
    console.log(`nginx with ModSecurity is not here: apt-get install ${PACKAGES.join(' ')}`)
    return null
  }
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-modsecurity-'))
  const withRules = await startNginx(folder, true)
  const plain = await startNginx(folder, false)
  return {
    versions: versions(),
    cost: (sample, { rules, count }) => costAt(rules ? withRules : plain, sample, count),
    async [Symbol.asyncDispose]() {
      for (const { child } of [withRules, plain]) {
        const ended = new Promise((resolve) => child.once('exit', resolve))
        child.kill('SIGTERM')
        await ended
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function installed(): boolean {
  return existsSync(MODULE) && existsSync(RULES)
}

function install(): void {
  spawnSync('apt-get', ['update'], { stdio: 'ignore' })
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES], {
    stdio: 'ignore',
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  })
}

interface Nginx {
  readonly child: ChildProcess
  readonly port: number
}

async function startNginx(folder: string, rules: boolean): Promise<Nginx> {
  const [port, backend] = [await freePort(), await freePort()]
  const name = rules ? 'rules' : 'plain'
  const rulesFile = join(folder, 'rules.conf')
  writeFileSync(rulesFile, RULES_CONFIG)
  const config = join(folder, `nginx-${name}.conf`)
  writeFileSync(config, nginxConfig({ folder, name, port, backend, rulesFile: rules ? rulesFile : null }))
  const child = spawn('nginx', ['-c', config, '-p', folder, '-e', join(folder, `${name}.log`)], { stdio: 'ignore' })
  const deadline = Date.now() + 20_000
  while (!(await answers(port))) {
    if (Date.now() > deadline || child.exitCode !== null) {
      child.kill('SIGKILL')
      throw new Error(`nginx does not answer: ${readFileSync(join(folder, `${name}.log`), 'utf8').slice(-500)}`)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { child, port }
}

/** Audit log and response inspection off, in its favour. */
const RULES_CONFIG = `SecRuleEngine On
SecRequestBodyAccess On
SecRequestBodyLimit 13107200
SecRequestBodyNoFilesLimit 131072
SecResponseBodyAccess Off
SecAuditEngine Off
SecRule REQUEST_HEADERS:Content-Type "^application/json" "id:200001,phase:1,t:none,t:lowercase,pass,nolog,ctl:requestBodyProcessor=JSON"
Include /etc/modsecurity/crs/crs-setup.conf
Include ${RULES}/*.conf
`

interface NginxParts {
  readonly folder: string
  readonly name: string
  readonly port: number
  readonly backend: number
  readonly rulesFile: string | null
}

function nginxConfig({ folder, name, port, backend, rulesFile }: NginxParts): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
  const user = process.getuid?.() === 0 ? 'user root;\n' : ''
  return `${user}daemon off;
master_process off;
pid ${folder}/${name}.pid;
load_module ${MODULE};
events { worker_connections 128; }
http {
  access_log off;
${temporary.map((kind) => `  ${kind}_temp_path ${folder}/${name}-${kind};`).join('\n')}
  client_body_buffer_size 1m;
  keepalive_requests 1000000;
  server { listen 127.0.0.1:${backend}; location / { return 200 "ok"; } }
  upstream app { server 127.0.0.1:${backend}; keepalive 8; }
  server {
    listen 127.0.0.1:${port};
    ${rulesFile === null ? '' : `modsecurity on; modsecurity_rules_file ${rulesFile};`}
    location / { proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`
}

async function costAt({ child, port }: Nginx, sample: Sample, count: number): ReturnType<Rival['cost']> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENCY })
  const statuses: Record<string, number> = {}
  let left = count
  const one = async (): Promise<void> => {
    while (left-- > 0) {
      const status = await send(port, sample, agent)
      statuses[status] = (statuses[status] ?? 0) + 1
    }
  }
  await send(port, sample, agent)
  const before = ticksOf(child.pid!)
  await Promise.all(Array.from({ length: CONCURRENCY }, one))
  const us = ((ticksOf(child.pid!) - before) * US_PER_TICK) / count
  agent.destroy()
  return { us, statuses }
}

/** Of USER_HZ, which is 100 on every Linux that Node runs on. */
const US_PER_TICK = 10_000

function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return Number(fields[11]) + Number(fields[12])
}

function send(port: number, { request: { method, target, headers }, body }: Sample, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      { port, host: '127.0.0.1', method, path: target, headers: [...headers], agent },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode!))
      },
    )
    sent.on('error', reject)
    sent.end(body ?? undefined)
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request({ port, host: '127.0.0.1', path: '/', headers: { Host: 'a' } }, (response) => {
      response.resume()
      resolve(true)
    })
    sent.on('error', () => resolve(false))
    sent.end()
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

function versions(): string {
  const asked = spawnSync('dpkg-query', [
    '-W',
    '-f',
    '${Package} ${Version}, ',
    'nginx',
    ...PACKAGES.slice(1),
    'libmodsecurity3',
  ])
  return asked.stdout.toString('utf8').replace(/, $/, '')
}
