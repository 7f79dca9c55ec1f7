/** An app of several kinds on Docker, by the commands of a user: static files, a worker, a database, migrations; a real engine. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { postgresArchive, postgresPrograms, pythonArchive } from '../support/docker-bases.ts'
import { NODE_BASE, nodeArchive, startEngine } from '../support/docker-engine.ts'
import { engineNetwork } from '../support/engine-load.ts'
import { EngineProject } from '../support/engine-project.ts'
import { until } from '../support/project.ts'

const PORT = 8090
const VERSION = basename(dirname(postgresPrograms()))

const READ = `require('node:fs').readFileSync('/app/data/ran', 'utf8').trim()`

const ASK = `const answer = await fetch(process.argv[1], { signal: AbortSignal.timeout(5000) })
  .catch((error) => ({ status: 0, text: () => String(error.cause ?? error) }))
console.log(JSON.stringify([answer.status, await answer.text()]))`

const PYTHON = `import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = ("database " + os.environ["DATABASE_URL"].rsplit("/", 1)[1]).encode()
        if self.path == "/api/conf":
            body = open(os.path.join(os.environ["INSTANCE_DIR"], "conf/api.ini"), "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
`

/** Names the database that it is given; one that is rehearsed names a copy. Fails where it is told to. */
const MIGRATE = `import { appendFileSync } from 'node:fs'
const name = new URL(process.env.DB_URL).pathname.slice(1)
console.log((process.env.REHEARSAL === '1' ? 'rehearsal on ' : 'run on ') + name)
if (process.env.REHEARSAL !== '1') appendFileSync('data/ran', name + '\\n')
if (process.env.BREAKS === 'slow' && process.env.REHEARSAL !== '1') await new Promise((resolve) => setTimeout(resolve, 10_000))
if (process.env.BREAKS === 'yes') { console.error('Error: column price is in use'); process.exit(3) }
`

const TEMPLATE = '${INSTANCE} on $PORT at $HOME'

function configOf({ breaks = 'no' } = {}): object {
  const uses = { db: 'required' }
  return {
    name: 'shop',
    needs: { db: { kind: 'postgres', version: Number(VERSION) } },
    services: {
      web: { static: 'web', routes: ['/'] },
      api: {
        path: 'api',
        start: 'python3 main.py',
        routes: ['/api'],
        templates: { 'api.template': 'conf/api.ini' },
        uses,
        migrate: { expand: 'sql migrations' },
      },
      jobs: {
        path: 'jobs',
        start: 'node jobs.mjs $INSTANCE_DIR/jobs.conf',
        templates: { 'jobs.template': 'jobs.conf' },
        env: { BREAKS: breaks },
        writable: ['data'],
        uses,
        migrate: { expand: 'node migrate.mjs' },
      },
    },
    gateway: { listen: { http: PORT } },
    environments: { staging: { target: 'docker', watch: { for: '1s', warm: '10min' }, drain: '1s' } },
  }
}

test('an app with static files, two languages, a database and migrations', { timeout: 600_000 }, async (t) => {
  using node = nodeArchive()
  using python = pythonArchive()
  using postgres = postgresArchive()
  await using engine = await startEngine()
  const { docker } = engine
  docker('import', '--change', 'ENV PATH=/usr/local/bin', node.path, NODE_BASE)
  docker('import', '--change', 'ENV PATH=/usr/bin', python.path, 'python:3.13-slim-bookworm')
  const entry = ['--change', 'ENTRYPOINT ["/docker-entrypoint.sh"]']
  docker('import', '--change', `ENV PATH=${postgresPrograms()}`, ...entry, postgres.path, `postgres:${VERSION}`)
  await using project = new EngineProject(configOf(), {}, '.seaworthy/staging')
  project.variables = { DOCKER_HOST: engine.host }
  const files: Readonly<Record<string, string>> = {
    'web/index.html': '<h1>shop</h1>',
    'api/main.py': PYTHON,
    'api/migrations/001-items.sql': 'create table items (id integer primary key, name text not null);',
    'jobs/migrate.mjs': MIGRATE,
    'jobs/jobs.mjs':
      "import fs from 'node:fs'; console.log(fs.readFileSync(process.argv[2], 'utf8')); setInterval(() => {}, 1000)",
    'api/api.template': TEMPLATE,
    'jobs/jobs.template': TEMPLATE,
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project.folder, path)), { recursive: true })
    writeFileSync(join(project.folder, path), text)
  }
  const ask = (path: string): readonly [number, string] => {
    const [enter, ...where] = engineNetwork(engine)
    const words = [...where, process.execPath, '--input-type=module', '-e', ASK, `http://127.0.0.1:${PORT}${path}`]
    return JSON.parse(execFileSync(enter, words, { encoding: 'utf8' })) as [number, string]
  }
  const steps = (): readonly string[] =>
    docker('ps', '--all', '--filter', 'label=seaworthy.migration', '--format', '{{.Names}}').split('\n').filter(Boolean)

  await t.test(
    'one deploy: database made, both migrations rehearsed and run, all of it behind one address',
    async () => {
      const { stdout } = await project.must(['deploy'])
      assert.match(stdout, /api: rehearsed on a copy of db \(postgres, all data\)/)
      assert.match(stdout, /jobs: rehearsed on a copy of db \(postgres, all data\)/)
      assert.deepEqual(ask('/'), [200, '<h1>shop</h1>'])
      assert.deepEqual(ask('/api'), [200, 'database db'])
      assert.deepEqual(steps(), [])
    },
  )

  await t.test('templates are files of each instance, with its own values, and its alone', async () => {
    assert.match(ask('/api/conf')[1], /^api@1-[0-9a-f]+-1 on 8080 at \$HOME$/)
    assert.match((await project.must(['logs', '--service', 'jobs'])).stdout, /jobs@1-[0-9a-f]+-1 on 8080 at \$HOME/)
    const READ =
      "const s = fs.statSync(process.env.INSTANCE_DIR + '/jobs.conf'); [s.uid, (s.mode & 0o777).toString(8)].join()"
    assert.equal((await project.must(['exec', 'jobs', '--', 'node', '-p', READ])).stdout.trim(), '65532,600')
  })

  await t.test('a migration that fails in its rehearsal refuses the deploy with its last words', async () => {
    project.configure(configOf({ breaks: 'yes' }))
    const { code, stdout, stderr } = await project.run(['deploy'])
    assert.equal(code, 1)
    const said = stdout + stderr
    assert.match(said, /deploy\.migration-failed/)
    assert.match(said, /column price is in use/)
    assert.match(said, /rehearsal on seaworthy_rehearsal_/)
    assert.doesNotMatch(said, /run on db/)
    assert.deepEqual(ask('/api'), [200, 'database db'])
  })

  await t.test('mended it is run once: what was done is not done again', async () => {
    project.configure(configOf())
    writeFileSync(join(project.folder, 'web/index.html'), '<h1>new</h1>')
    const { stdout } = await project.must(['deploy'])
    assert.doesNotMatch(stdout, /rehearsed/)
    assert.deepEqual(ask('/'), [200, '<h1>new</h1>'])
  })

  await t.test('killed over a migration it is resumed, and the step that runs is not begun again', async () => {
    const ran = (): readonly string[] =>
      docker('run', '--rm', '--volumes-from', running('jobs'), '--entrypoint', 'node', NODE_BASE, '-p', READ).split(
        '\n',
      )
    const running = (service: string): string =>
      docker('ps', '--filter', `label=seaworthy.service=${service}`, '--format', '{{.Names}}').split('\n')[0]!
    const before = ran().length
    project.configure(configOf({ breaks: 'slow' }))
    const { pid, ended } = project.start(['deploy'])
    await until(() => steps().some((name) => /_migrate_\d+-3$/.test(name)), 'the migration to run', 120_000)
    process.kill(pid, 'SIGKILL')
    assert.equal((await ended).signal, 'SIGKILL')
    await project.must(['deploy', '--resume'])
    assert.equal(ran().length, before + 1)
    assert.deepEqual(steps(), [])
  })

  await t.test('stopped all of it is; brought up again it is there, with what the database held', async () => {
    const running = (): readonly string[] => docker('ps', '--format', '{{.Names}}').split('\n').filter(Boolean)
    await project.must(['stop'])
    assert.deepEqual(running(), [])
    await project.must(['up'])
    assert.ok(running().includes('seaworthy_shop_staging_need_db'))
    assert.deepEqual(ask('/'), [200, '<h1>new</h1>'])
    assert.deepEqual(ask('/api'), [200, 'database db'])
    const query = ['psql', '-h', '/var/run/postgresql', '-U', 'seaworthy', '-d', 'db', '-At', '-c']
    const tables = "select string_agg(tablename, ',' order by tablename) from pg_tables where schemaname = 'public'"
    assert.equal(docker('exec', 'seaworthy_shop_staging_need_db', ...query, tables), 'items,seaworthy_migrations')
  })

  await t.test('the password of the database is nowhere to be seen', async () => {
    const file =
      'JSON.parse(require("node:fs").readFileSync("/var/lib/seaworthy/needs/db/credentials.json", "utf8")).password'
    const password = docker('exec', 'seaworthy_shop_staging_seaworthy', 'node', '-p', file)
    assert.ok(password.length > 20)
    const ids = docker('ps', '--all', '--quiet').split('\n')
    const logs = (await project.must(['status', '--json'])).stdout
    assert.ok(!(docker('inspect', ...ids) + logs).includes(password))
  })
})
