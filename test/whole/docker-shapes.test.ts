/** Services of every shape as containers of a real Docker engine, without a registry: static, Python, a worker, own Dockerfile, image. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import type { Release } from '../../src/deploy/release.ts'
import { readSource } from '../../src/deploy/source.ts'
import { Containers } from '../../src/deploy/targets/docker/containers.ts'
import { lookAtImage, makeImage } from '../../src/deploy/targets/docker/images.ts'
import type { Observed } from '../../src/deploy/targets/docker/observe.ts'
import { ownImage } from '../../src/deploy/targets/image/own-image.ts'
import { putImage } from '../../src/deploy/targets/image/put-image.ts'
import { pythonArchive } from '../support/docker-bases.ts'
import { nodeArchive, startEngine } from '../support/docker-engine.ts'
import { dockerRelease } from '../support/docker-release.ts'
import { root, until } from '../support/project.ts'

const NODE = 'seaworthy-test-node:1'
const PYTHON = 'seaworthy-test-python:1'
const OWN = 'seaworthy:shapes'
const MAIL = 'shop-mail:1'
const BASES = { node: NODE, python: PYTHON, seaworthy: OWN }
const SECRET = 'geheim-4711'
const PLACE = { app: 'shop', environment: 'staging' }
const INSIDE = 'seaworthy_shop_staging_inside'
const run = { env: process.env }

const SERVER = `import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const file = process.env.TOKEN_FILE
const facts = {
  uid: process.getuid(),
  entry: process.argv.slice(2),
  variable: process.env.TOKEN ?? null,
  secret: file === undefined ? null : readFileSync(file, 'utf8').length,
  release: process.env.RELEASE,
}
createServer((_, answer) => answer.end(JSON.stringify(facts))).listen(Number(process.env.PORT), process.env.HOST)
process.on('SIGTERM', () => process.exit(0))
`

const PYTHON_SERVER = `import hashlib, http.server, json, os, signal, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        facts = {"uid": os.getuid(), "language": "python", "secret": hashlib.sha256(os.environ["TOKEN"].encode()).hexdigest()[:8]}
        body = json.dumps(facts).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
`

const FILES: Readonly<Record<string, string>> = {
  'web/index.html': '<h1>shop</h1>',
  'web/app.3fa9c1d2.js': 'let app',
  'web/.env': 'KEY=value',
  'site/build.mjs': `import { mkdirSync, writeFileSync } from 'node:fs'
mkdirSync('dist', { mode: 0o700 })
writeFileSync('dist/index.html', 'built at ' + process.env.LEVEL, { mode: 0o600 })`,
  'py/main.py': PYTHON_SERVER,
  'jobs/worker.mjs': `setInterval(() => console.log('at work for ' + process.env.RELEASE), 200)
process.on('SIGTERM', () => process.exit(0))`,
  'own/Dockerfile': `FROM ${NODE}
COPY server.mjs /srv/server.mjs
USER 1234:1234
ENTRYPOINT ["node", "/nowhere.mjs"]`,
  'own/server.mjs': SERVER,
  'own/.env': 'KEY=value',
  'rooted/Dockerfile': `FROM ${NODE}\nCOPY server.mjs /srv/server.mjs`,
  'rooted/server.mjs': SERVER,
  'mail/Dockerfile': `FROM ${NODE}
COPY server.mjs /srv/server.mjs
USER 1000
CMD ["node", "/srv/server.mjs", "its own command"]`,
  'mail/server.mjs': SERVER,
}

test('every shape of a service runs as a container', { timeout: 180_000 }, async (t) => {
  using node = nodeArchive()
  using python = pythonArchive()
  await using engine = await startEngine()
  const { docker, host } = engine
  docker('import', '--change', 'ENV PATH=/usr/local/bin', node.path, NODE)
  docker('import', '--change', 'ENV PATH=/usr/bin', python.path, PYTHON)
  await putImage(await ownImage({ folder: root, sources: 'src', version: '0.0.0' }), OWN, host, run)
  const project = mkdtempSync(join(tmpdir(), 'seaworthy-shapes-'))
  t.after(() => rmSync(project, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(project, path)), { recursive: true })
    writeFileSync(join(project, path), text)
  }
  const release = await released(project)
  const containers = new Containers({ host, place: PLACE, run })
  const build = { host, run, projectFolder: project, keptOut: [], bases: BASES }
  const begin = async (service: string, numbers: readonly number[] = [1]): Promise<readonly Observed[]> => {
    const values = release.config.services[service]!.secrets.length > 0 ? { TOKEN: SECRET } : {}
    return containers.start(release, service, numbers, await makeImage(release, service, build), values)
  }
  const seen = async (service: string): Promise<readonly Observed[]> =>
    (await containers.observe()).filter(({ instance }) => instance.service === service)
  const healthy = (service: string, count = 1): Promise<void> =>
    until(
      async () => (await seen(service)).filter(({ health }) => health === 'healthy').length === count,
      `${service} to be healthy`,
      60_000,
    )
  const ask = (service: string, path: string, more: object = {}): Asked => {
    const url = `http://${service}-7-3fa9c1d2-1:8080${path}`
    const words = ['run', '--rm', '--network', INSIDE, NODE, 'node', '-e', ASK, url, JSON.stringify(more)]
    return JSON.parse(docker(...words)) as Asked
  }

  await t.test('a static service is a layer on our own image, served as the gateway serves files', async () => {
    await begin('web')
    await healthy('web')
    const page = ask('web', '/')
    assert.deepEqual([page.status, page.body], [200, '<h1>shop</h1>'])
    assert.equal(page.headers['content-type'], 'text/html; charset=utf-8')
    assert.match(ask('web', '/app.3fa9c1d2.js').headers['cache-control']!, /immutable/)
    assert.equal(ask('web', '/', { headers: { 'if-none-match': page.headers['etag'] } }).status, 304)
    assert.equal(ask('web', '/.env').status, 404)
    assert.equal(ask('web', '/help/index.html').status, 200)
    assert.equal(ask('web', '/', { method: 'POST' }).status, 405)
    const [one] = await seen('web')
    const layers = async (name: string): Promise<readonly string[]> => (await lookAtImage(host, name, run))!.layers
    const below = await layers(OWN)
    assert.deepEqual((await layers(one!.image)).slice(0, below.length), below)
    assert.equal(docker('exec', one!.id, 'node', '-p', 'process.getuid()'), '65532')
    assert.equal(docker('exec', one!.id, 'node', '-p', `require('node:fs').existsSync('/srv/files/.env')`), 'false')
  })

  await t.test('what a build made of it is served, though the build left it for itself alone', async () => {
    await begin('site')
    await healthy('site')
    assert.deepEqual([ask('site', '/site/').status, ask('site', '/site/').body], [200, 'built at high'])
    assert.equal(ask('site', '/site/build.mjs').status, 404)
  })

  await t.test('Python and its standard library, three of them, with a secret in a variable', async () => {
    await begin('py', [1, 2, 3])
    await healthy('py', 3)
    const secret = createHash('sha256').update(SECRET).digest('hex').slice(0, 8)
    assert.deepEqual(JSON.parse(ask('py', '/').body), { uid: 65_532, language: 'python', secret })
    assert.ok(!docker('inspect', ...(await seen('py')).map(({ id }) => id)).includes(SECRET))
  })

  await t.test('a worker listens on nothing and is not asked; it stays up, and is told to end', async () => {
    const [started] = await begin('jobs')
    assert.deepEqual([started!.instance.port, started!.health], [null, null])
    await until(
      async () => (await containers.lastLines(started!, 1))[0] === 'at work for 7-3fa9c1d2',
      'the worker to be at work',
    )
    docker('stop', started!.id)
    assert.deepEqual([(await seen('jobs'))[0]!.exitCode, (await seen('jobs'))[0]!.instance.restarts], [0, 0])
  })

  await t.test('an own Dockerfile: its user, the words of `start`, secrets as files alone', async () => {
    await begin('own')
    await until(() => ask('own', '/').status === 200, 'it to answer')
    assert.deepEqual(JSON.parse(ask('own', '/').body), {
      uid: 1_234,
      entry: ['a b'],
      variable: null,
      secret: SECRET.length,
      release: '7-3fa9c1d2',
    })
    const [one] = await seen('own')
    assert.equal(one!.health, null)
    assert.equal(docker('exec', one!.id, 'node', '-p', `require('node:fs').existsSync('/srv/.env')`), 'false')
  })

  await t.test('root is refused, whoever made the image, also when it is there already', async () => {
    await assert.rejects(begin('rooted'), { code: 'image.root' })
    await assert.rejects(begin('rooted'), { code: 'image.root' })
    assert.deepEqual(await seen('rooted'), [])
  })

  await t.test('an image of somebody else: its command and its user; one that is nowhere is named', async () => {
    await assert.rejects(begin('mail'), { code: 'image.not-there', message: /shop-mail:1/ })
    docker('build', '--tag', MAIL, join(project, 'mail'))
    await begin('mail')
    await until(() => ask('mail', '/').status === 200, 'it to answer')
    const { uid, entry } = JSON.parse(ask('mail', '/').body) as { uid: number; entry: readonly string[] }
    assert.deepEqual({ uid, entry }, { uid: 1_000, entry: ['its own command'] })
  })

  await t.test('none of them has a right, whatever its image says', async () => {
    const ids = (await containers.observe()).map(({ id }) => id)
    assert.equal(ids.length, 8)
    const format = '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.CapDrop}} {{.HostConfig.SecurityOpt}}'
    const rights = new Set(docker('inspect', '--format', format, ...ids).split('\n'))
    assert.deepEqual([...rights], ['true [ALL] [no-new-privileges:true]'])
  })

  await t.test('ended, nothing of them is left, nor of volumes that nobody named', async () => {
    await containers.stop(release, null)
    assert.equal(docker('ps', '--all', '--quiet'), '')
    assert.equal(docker('volume', 'ls', '--quiet'), '')
  })
})

interface Asked {
  readonly status: number
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

const ASK = `fetch(process.argv[1], { ...JSON.parse(process.argv[2]), redirect: 'manual', signal: AbortSignal.timeout(5000) })
  .then(async (answer) => ({ status: answer.status, body: await answer.text(), headers: Object.fromEntries(answer.headers) }))
  .catch((error) => ({ status: 0, body: String(error), headers: {} }))
  .then((asked) => process.stdout.write(JSON.stringify(asked), () => process.exit()))`

async function released(project: string): Promise<Release> {
  const health = { ready: '/', interval: '1s', timeout: '3s' }
  const secrets = ['TOKEN']
  const grace = '5s'
  const services = {
    web: { static: 'web', routes: ['/', '/help'], grace },
    site: { path: 'site', static: 'dist', build: 'node build.mjs', env: { LEVEL: 'high' }, routes: ['/site'], grace },
    py: { path: 'py', start: 'python3 main.py', routes: ['/py'], health, secrets, scale: { min: 3 }, grace },
    jobs: { path: 'jobs', start: 'node worker.mjs', grace },
    own: { path: 'own', start: "node /srv/server.mjs 'a b'", routes: ['/own'], health, secrets, grace },
    rooted: { path: 'rooted', start: 'node /srv/server.mjs', routes: ['/rooted'], grace },
    mail: { image: `registry.example.com/mail@sha256:${'a'.repeat(64)}`, routes: ['/mail'], grace },
  }
  const made = dockerRelease(services)
  // A config names it by a registry's digest; here is none.
  const mail = { ...made.config.services['mail']!, run: { kind: 'image', image: MAIL } as const }
  const release = { ...made, config: { ...made.config, services: { ...made.config.services, mail } } }
  const artifacts: Record<string, string> = {}
  for (const [name, service] of Object.entries(release.config.services))
    artifacts[name] = (await readSource(project, service, [])).hash
  return { ...release, artifacts }
}
