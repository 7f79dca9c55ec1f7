/**
 * An app of every kind on a real cluster, by the commands of a user: two languages, a worker, a database that somebody else
 * runs. Not part of `bin/test`: `KUBECONFIG=… node --test test/cluster/shapes.test.ts`
 */
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import { POSTGRES_VERSION, startClusterPostgres } from '../support/cluster-postgres.ts'
import { pythonArchive } from '../support/docker-bases.ts'
import { nodeArchive } from '../support/docker-engine.ts'
import { NamespaceProject } from '../support/namespace-project.ts'

const PLACE = 'shapes-production'
const NODE = 'node:24-bookworm-slim'
const PYTHON = 'python:3.13-slim-bookworm'
const SECRET = 'geheim-4711-nicht-weitersagen'

const SERVER = `import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
const { DB_URL = '', DATABASE_URL, TOKEN = '' } = process.env
const facts = {
  uid: process.getuid(),
  token: createHash('sha256').update(TOKEN).digest('hex').slice(0, 8),
  database: new URL(DB_URL).pathname.slice(1),
  isSame: DB_URL === DATABASE_URL,
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

const FILES: Readonly<Record<string, string>> = {
  'api/main.mjs': SERVER,
  'py/main.py': PYTHON_SERVER,
  'jobs/worker.mjs': `console.log('at work for ' + process.env.RELEASE + ' with ' + new URL(process.env.DB_URL).pathname)
setInterval(() => {}, 1000)
process.on('SIGTERM', () => process.exit(0))`,
}

function configOf(namespace: string): object {
  const uses = { db: 'required' }
  const health = { interval: '1s', deadline: '90s', passes: 1 }
  return {
    name: 'shapes',
    needs: { db: { kind: 'postgres', version: Number(POSTGRES_VERSION), url: 'SHOP_DB' } },
    services: {
      api: {
        path: 'api',
        start: 'node main.mjs',
        routes: ['/api'],
        health,
        uses,
        secrets: ['TOKEN'],
        scale: { min: 2 },
      },
      py: { path: 'py', start: 'python3 main.py', routes: ['/py'], health, uses, scale: { min: 3 } },
      jobs: { path: 'jobs', start: 'node worker.mjs', uses },
    },
    gateway: { listen: { http: 80 } },
    environments: {
      production: {
        target: 'kubernetes',
        context: 'local',
        namespace,
        watch: { for: '1s', warm: '30min', p95: '100x' },
        drain: '1s',
      },
    },
  }
}

test('an app of every kind on Kubernetes', { timeout: 1_200_000 }, async (t) => {
  haveBase(NODE, '/usr/local/bin', nodeArchive)
  haveBase(PYTHON, '/usr/bin', pythonArchive)
  // Files of their own make images of their own, which no test before has left behind.
  const files = {
    ...FILES,
    ...Object.fromEntries(['api', 'py', 'jobs'].map((name) => [`${name}/test.txt`, randomUUID()])),
  }
  await using project = new NamespaceProject({ configOf, files, place: PLACE })
  project.makeNamespace()
  const db = await startClusterPostgres(project)
  project.variables = { SHOP_DB: db.url, TOKEN: SECRET }
  const kubectl = project.kubectl.bind(project)
  const must = async (...words: readonly string[]) => (await project.must(words)).stdout
  const address = (): string => kubectl('get', 'services', `${PLACE}-gateway`, '--output', 'jsonpath={.spec.clusterIP}')
  const ask = async (path: string): Promise<{ status: number; text: string }> => {
    const answer = await fetch(`http://${address()}${path}`, { headers: { connection: 'close' } })
    return { status: answer.status, text: await answer.text() }
  }
  const facts = async (path: string): Promise<Record<string, unknown>> => JSON.parse((await ask(path)).text)

  await t.test('a plan names its secrets nowhere, and asks the database over its address', async () => {
    const { stdout } = await project.must(['deploy', '--dry-run'])
    assert.match(stdout, /Secret shapes-production-py-1-/)
    assert.doesNotMatch(stdout, new RegExp(`${SECRET}|${db.password}`))
  })

  await t.test('one deploy: Node, Python and a worker, with the database that somebody else runs', async () => {
    await must('deploy')
    const token = createHash('sha256').update(SECRET).digest('hex').slice(0, 8)
    assert.deepEqual(await facts('/api'), { uid: 65_532, token, database: 'shop', isSame: true })
    const pods = new Set<unknown>()
    for (let asked = 0; asked < 60 && pods.size < 3; asked++) {
      const { language, uid, pod } = await facts('/py')
      assert.deepEqual({ language, uid }, { language: 'python', uid: 65_532 })
      pods.add(pod)
    }
    assert.equal(pods.size, 3, 'all three instances answer')
    assert.match(await must('logs', '--service', 'jobs'), /at work for 1-\S+ with \/shop/)
  })

  await t.test('the password of the database is in no object but a Secret, and in no log', async () => {
    const shown = kubectl('get', 'pods,deployments,configmaps,networkpolicies', '--output', 'json')
    // The test's own server is told by a Secret as well.
    for (const text of [shown, await must('logs')]) assert.doesNotMatch(text, new RegExp(`${db.password}|${SECRET}`))
  })

  await t.test('an address that leads nowhere refuses the deploy, and says whose secret holds it', async () => {
    project.variables = { ...project.variables, SHOP_DB: db.url.replace(':5432', ':5433') }
    project.write('api/test.txt', randomUUID())
    const { code, stderr } = await project.run(['deploy'])
    assert.equal(code, 1)
    assert.match(stderr, /\[need\.unreachable\]/)
    assert.match(stderr, /SHOP_DB/)
    assert.doesNotMatch(stderr, new RegExp(db.password))
    project.variables = { ...project.variables, SHOP_DB: db.url }
    assert.deepEqual((await ask('/api')).status, 200)
  })
})

/** What generated images begin with, made of this machine's own files where the engine has none. */
function haveBase(name: string, path: string, archive: () => Disposable & { readonly path: string }): void {
  if (execFileSync('docker', ['image', 'ls', '--quiet', name], { encoding: 'utf8' }) !== '') return
  using base = archive()
  execFileSync('docker', ['import', '--change', `ENV PATH=${path}`, base.path, name], { stdio: 'ignore' })
}
