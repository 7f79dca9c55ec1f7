/**
 * An app of every kind on a real cluster, by the commands of a user: two languages, a worker, static files, a Dockerfile of its
 * own, an image of somebody else, a database that somebody else runs, migrations. Not part of `bin/test`:
 * `KUBECONFIG=… node --test test/cluster/shapes.test.ts`
 */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { POSTGRES_VERSION, startClusterPostgres } from '../support/cluster-postgres.ts'
import { pythonArchive } from '../support/docker-bases.ts'
import { NODE_BASE, nodeArchive } from '../support/docker-engine.ts'
import { NamespaceProject } from '../support/namespace-project.ts'
import { until } from '../support/project.ts'
import { startRegistry } from '../support/small-registry.ts'

const PLACE = 'shapes-production'
const PYTHON = 'python:3.13-slim-bookworm'
const SECRET = 'geheim-4711-nicht-weitersagen'
const STEP_MS = 240_000

const SERVER = `import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const { DB_URL = '', DATABASE_URL, TOKEN = '' } = process.env
const facts = {
  uid: process.getuid(),
  token: createHash('sha256').update(TOKEN).digest('hex').slice(0, 8),
  database: new URL(DB_URL).pathname.slice(1),
  isSame: DB_URL === DATABASE_URL,
  made: readFileSync(process.argv[2], 'utf8'),
  pod: process.env.INSTANCE,
  spans: [process.env.OTEL_SERVICE_NAME, process.env.OTEL_EXPORTER_OTLP_ENDPOINT],
}
createServer((_, answer) => answer.end(JSON.stringify(facts))).listen(Number(process.env.PORT), process.env.HOST)
process.on('SIGTERM', () => process.exit(0))
`

const PYTHON_SERVER = `import http.server, json, os, signal, socket, sys
from urllib.parse import urlparse

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        at = urlparse(os.environ["DB_URL"])
        socket.create_connection((at.hostname, at.port), 2).close()
        body = json.dumps({"language": "python", "uid": os.getuid(), "pod": os.environ["INSTANCE"]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
`

/** Tells which database it is given; one that is rehearsed names a copy. Fails, or takes its time, where it is told to. */
const MIGRATE = `const name = new URL(process.env.DB_URL).pathname.slice(1)
const isRehearsal = process.env.REHEARSAL === '1'
const what = (isRehearsal ? 'rehearsal on ' : 'run on ') + name
console.log(what)
await fetch(process.env.SINK + '/told', { method: 'POST', body: what })
if (process.env.BREAKS === 'slow' && !isRehearsal) await new Promise((resolve) => setTimeout(resolve, 30_000))
if (process.env.BREAKS === 'yes') { console.error('Error: column price is in use'); process.exit(3) }
`

const PLAIN_SERVER = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const file = process.env.TOKEN_FILE
const facts = {
  uid: process.getuid(),
  entry: process.argv.slice(2),
  variable: process.env.TOKEN ?? null,
  secret: file === undefined ? null : readFileSync(file, 'utf8').length,
}
createServer((_, answer) => answer.end(JSON.stringify(facts))).listen(Number(process.env.PORT), process.env.HOST)
process.on('SIGTERM', () => process.exit(0))
`

const FILES: Readonly<Record<string, string>> = {
  'api/main.mjs': SERVER,
  'api/api.template': '$INSTANCE listens on ${HOST}:$PORT, $uri stays\n',
  'api/migrations/001-items.sql': 'create table items (id integer primary key, name text not null);',
  'py/main.py': PYTHON_SERVER,
  'jobs/worker.mjs': `console.log('at work for ' + process.env.RELEASE + ' with ' + new URL(process.env.DB_URL).pathname)
setInterval(() => {}, 1000)
process.on('SIGTERM', () => process.exit(0))`,
  'jobs/migrate.mjs': MIGRATE,
  'web/index.html': '<h1>shapes</h1>',
  'web/app.3fa9c1d2.js': 'let app',
  'web/.env': 'KEY=value',
  'own/Dockerfile': `FROM ${NODE_BASE}
COPY server.mjs /srv/server.mjs
USER 1234:1234
ENTRYPOINT ["node", "/nowhere.mjs"]`,
  'own/server.mjs': PLAIN_SERVER,
}

const MAIL = {
  Dockerfile: `FROM ${NODE_BASE}
COPY server.mjs /srv/server.mjs
USER 1000
CMD ["node", "/srv/server.mjs", "its own command"]`,
  'server.mjs': PLAIN_SERVER,
}

interface Wanted {
  readonly sink: string
  readonly mail: string
  readonly breaks?: string
}

function configOf(namespace: string, { sink, mail, breaks = 'no' }: Wanted): object {
  const uses = { db: 'required' }
  const health = { interval: '3s', timeout: '10s', deadline: '240s', passes: 1 }
  const asked = { ...health, ready: '/' }
  const grace = '5s'
  // Two releases of all of them have to fit beside whatever else is on the node.
  const resources = { cpu: 0.02 }
  return {
    name: 'shapes',
    needs: { db: { kind: 'postgres', version: Number(POSTGRES_VERSION), url: 'SHOP_DB' } },
    services: {
      api: {
        path: 'api',
        resources,
        start: 'node main.mjs $INSTANCE_DIR/api.conf',
        templates: { 'api.template': 'api.conf' },
        routes: ['/api'],
        health: asked,
        uses,
        secrets: ['TOKEN'],
        scale: { min: 2 },
        migrate: { expand: 'sql migrations' },
      },
      py: { resources, path: 'py', start: 'python3 main.py', routes: ['/py'], health: asked, uses, scale: { min: 3 } },
      jobs: {
        path: 'jobs',
        resources,
        start: 'node worker.mjs',
        uses,
        env: { SINK: sink, BREAKS: breaks },
        migrate: { expand: 'node migrate.mjs' },
        grace,
      },
      web: { resources, static: 'web', routes: ['/'], health },
      own: {
        path: 'own',
        resources,
        start: "node /srv/server.mjs 'a b'",
        routes: ['/own'],
        health: asked,
        secrets: ['TOKEN'],
      },
      mail: { resources, image: mail, routes: ['/mail'], health: asked },
    },
    gateway: { listen: { http: 80 } },
    environments: {
      production: {
        target: 'kubernetes',
        context: 'local',
        namespace,
        watch: { for: '1s', warm: '30min', p95: '100x' },
        drain: '1s',
        otlp: sink,
        smoke: [{ request: 'GET /own', expect: { status: 200, body: '1234' } }],
      },
    },
  }
}

test('an app of every kind on Kubernetes', { timeout: 1_800_000 }, async (t) => {
  haveBase(NODE_BASE, '/usr/local/bin', nodeArchive)
  haveBase(PYTHON, '/usr/bin', pythonArchive)
  const told: string[] = []
  await using sink = await startSink((text) => void told.push(text))
  await using registry = await startRegistry()
  const wanted: Wanted = { sink: sink.url, mail: registry.push('mail', MAIL) }
  // Files of their own make images of their own, which no test before has left behind.
  const marks = ['api', 'py', 'jobs', 'web', 'own'].map((name) => [`${name}/test.txt`, randomUUID()])
  await using project = new NamespaceProject({
    configOf: (namespace) => configOf(namespace, wanted),
    files: { ...FILES, ...Object.fromEntries(marks) },
    place: PLACE,
  })
  project.makeNamespace()
  const db = await startClusterPostgres(project)
  project.variables = { SHOP_DB: db.url, TOKEN: SECRET }
  const kubectl = project.kubectl.bind(project)
  const must = async (...words: readonly string[]) => (await project.must(words)).stdout
  const address = (): string => kubectl('get', 'services', `${PLACE}-gateway`, '--output', 'jsonpath={.spec.clusterIP}')
  const ask = async (path: string): Promise<{ status: number; text: string; headers: Headers }> => {
    const answer = await fetch(`http://${address()}${path}`, { headers: { connection: 'close' } })
    return { status: answer.status, text: await answer.text(), headers: answer.headers }
  }
  const facts = async (path: string): Promise<unknown> => JSON.parse((await ask(path)).text) as unknown
  const steps = (): readonly string[] =>
    kubectl('get', 'jobs,configmaps,secrets,networkpolicies,pods', '--output', 'name')
      .split('\n')
      .filter((name) => name.includes('-migration-'))
  const deployed = (): number => kubectl('get', 'deployments', '--output', 'name').split('\n').length

  await t.test('a plan names its secrets nowhere', async () => {
    const { stdout } = await project.must(['deploy', '--dry-run'])
    assert.match(stdout, /Secret shapes-production-py-1-/)
    assert.match(stdout, /docker pull .*127\.0\.0\.1:\d+\/mail@sha256:/)
    assert.match(stdout, /own is built by its own Dockerfile, which has no entry of ours/)
    assert.doesNotMatch(stdout, new RegExp(`${SECRET}|${db.password}`))
  })

  await t.test('one deploy: both migrations rehearsed and run, then Node, Python and a worker', async () => {
    const said = await must('deploy')
    assert.match(said, /api: rehearsed on a copy of db \(postgres, all data\)/)
    assert.match(said, /jobs: rehearsed on a copy of db \(postgres, all data\)/)
    assert.match(told[0] ?? '', /^rehearsal on seaworthy_rehearsal_/)
    assert.deepEqual(told.slice(1), ['run on shop'])
    assert.deepEqual(await db.query('select count(*)::int as count from items'), [{ count: 0 }])
    assert.deepEqual(await db.query("select datname from pg_database where datname like 'seaworthy%'"), [])
    const token = createHash('sha256').update(SECRET).digest('hex').slice(0, 8)
    const { made, pod, ...others } = (await facts('/api')) as { made: string; pod: string }
    assert.equal(made, `${pod} listens on 0.0.0.0:8080, $uri stays\n`)
    assert.deepEqual(others, {
      uid: 65_532,
      token,
      database: 'shop',
      isSame: true,
      spans: ['api', sink.url],
    })
    assert.match(await must('logs', '--service', 'jobs'), /at work for 1-\S+ with \/shop/)
    await until(() => steps().length === 0, 'the steps of the migrations to be gone', STEP_MS, 500)
  })

  await t.test('a service of three instances: each of them answers', async () => {
    const pods = new Set<string>()
    for (let asked = 0; asked < 60 && pods.size < 3; asked++) {
      const { language, uid, pod } = (await facts('/py')) as { language: string; uid: number; pod: string }
      assert.deepEqual({ language, uid }, { language: 'python', uid: 65_532 })
      pods.add(pod)
    }
    assert.equal(pods.size, 3)
  })

  await t.test('static files are pods of our own image, served as the gateway serves files', async () => {
    const page = await ask('/')
    assert.deepEqual([page.status, page.text], [200, '<h1>shapes</h1>'])
    assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
    assert.match((await ask('/app.3fa9c1d2.js')).headers.get('cache-control') ?? '', /immutable/)
    assert.equal(
      await must('exec', 'web', '--', 'node', '-p', `require('node:fs').existsSync('/srv/files/.env')`),
      'false\n',
    )
  })

  await t.test('an own Dockerfile: its user, the words of `start`, secrets as files alone', async () => {
    assert.deepEqual(await facts('/own'), { uid: 1_234, entry: ['a b'], variable: null, secret: SECRET.length })
    assert.equal(await must('exec', 'own', '--', 'node', '-p', 'process.getuid()'), '1234\n')
  })

  await t.test('an image of somebody else: its command and its user', async () => {
    assert.deepEqual(await facts('/mail'), { uid: 1_000, entry: ['its own command'], variable: null, secret: null })
  })

  await t.test('the password of the database is in no object but a Secret, and in no log', async () => {
    const shown = kubectl('get', 'pods,deployments,configmaps,networkpolicies', '--output', 'json')
    for (const text of [shown, await must('logs')]) assert.doesNotMatch(text, new RegExp(`${db.password}|${SECRET}`))
  })

  await t.test('an address that leads nowhere refuses the deploy, and says whose secret holds it', async () => {
    project.variables = { ...project.variables, SHOP_DB: db.url.replace(':5432', ':5433') }
    const { code, stderr } = await project.run(['deploy'])
    assert.equal(code, 1)
    assert.match(stderr, /SHOP_DB.*\[need\.unreachable\]/)
    assert.doesNotMatch(stderr, new RegExp(db.password))
    project.variables = { ...project.variables, SHOP_DB: db.url }
    assert.equal((await ask('/api')).status, 200)
  })

  await t.test('a migration that fails in its rehearsal refuses the deploy with its last words', async () => {
    told.length = 0
    project.configure(configOf(project.namespace, { ...wanted, breaks: 'yes' }))
    const before = deployed()
    const { code, stdout, stderr } = await project.run(['deploy'])
    assert.equal(code, 1)
    const said = stdout + stderr
    assert.match(said, /deploy\.migration-failed/)
    assert.match(said, /exited with 3/)
    assert.match(said, /\| .*Error: column price is in use/)
    assert.deepEqual([told.length, told[0]!.startsWith('rehearsal on ')], [1, true])
    assert.equal(deployed(), before)
    assert.equal((await ask('/api')).status, 200)
    await until(() => steps().length === 0, 'the steps of the migration to be gone', STEP_MS, 500)
  })

  await t.test('killed over a migration it is resumed, and the step that runs is not begun again', async () => {
    told.length = 0
    project.configure(configOf(project.namespace, { ...wanted, breaks: 'slow' }))
    const { pid, ended } = project.start(['deploy'])
    await until(() => told.includes('run on shop'), 'the migration to run', STEP_MS)
    process.kill(pid, 'SIGKILL')
    assert.equal((await ended).signal, 'SIGKILL')
    await must('deploy', '--resume')
    assert.deepEqual(
      told.filter((what) => what.startsWith('run')),
      ['run on shop'],
    )
    assert.equal((await ask('/api')).status, 200)
    await until(() => steps().length === 0, 'the steps of the migration to be gone', STEP_MS, 500)
  })

  await t.test('an image whose user is a name, or root, is refused before anything is started', async () => {
    const dockerfile = FILES['own/Dockerfile']!
    for (const [user, code] of [
      ['node', 'image.user-name'],
      ['root', 'image.root'],
    ] as const) {
      project.write('own/Dockerfile', dockerfile.replace('USER 1234:1234', `USER ${user}`))
      const before = deployed()
      assert.match((await project.run(['deploy'])).stderr, new RegExp(`\\[${code.replace('.', '\\.')}\\]`))
      assert.equal(deployed(), before)
    }
    project.write('own/Dockerfile', dockerfile)
  })
})

/** What generated images begin with, made of this machine's own files where the engine has none. */
function haveBase(name: string, path: string, archive: () => Disposable & { readonly path: string }): void {
  if (execFileSync('docker', ['image', 'ls', '--quiet', name], { encoding: 'utf8' }) !== '') return
  using base = archive()
  execFileSync('docker', ['import', '--change', `ENV PATH=${path}`, base.path, name], { stdio: 'ignore' })
}

/** Hears what pods have to tell, on an address of this machine that they reach. */
async function startSink(hear: (text: string) => void): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((request, answer) => {
    request.setEncoding('utf8')
    let text = ''
    request.on('data', (part: string) => (text += part))
    request.on('end', () => {
      // Spans come here as well.
      if (request.url === '/told') hear(text)
      answer.end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
  const { port } = server.address() as AddressInfo
  const outward = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal)
  return {
    url: `http://${outward!.address}:${port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
