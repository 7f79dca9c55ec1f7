import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { pickPort } from '../../src/control/ports.ts'
import { processesOf } from '../../src/deploy/targets/process/listeners.ts'
import { someOf } from '../seeded/some.ts'
import { failuresOf, startLoad } from '../support/load.ts'
import { isGone } from '../support/processes.ts'
import { plainConfig, processesMentioning, TestProject, until } from '../support/project.ts'

const DEPLOYS = 3
const NGINX = '/usr/sbin/nginx'

interface Foreign {
  readonly name: string
  readonly service: object
  readonly files: Readonly<Record<string, string>>
  /** A file whose text tells the releases apart, and where it is to be seen. */
  readonly changing: { readonly file: string; readonly path: string }
  /** Processes of one instance, at least. */
  readonly processes: number
}

/** plain.mjs answers its NAME, which no file changes; this one answers a file's text, and leaves when told or not. */
const SERVER = `
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
const text = readFileSync('page.txt', 'utf8')
const server = createServer((request, response) => response.end(text)).listen(Number(process.env.PORT), '127.0.0.1')
process.on('SIGTERM', () => process.env.IGNORE_SIGTERM || server.close(() => process.exit(0)))
`

/** A site of files; the worker processes of Debian's nginx must be able to read what only its owner can. */
const NGINX_TEMPLATE = `
user root;
worker_processes 2;
pid $INSTANCE_DIR/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path $INSTANCE_DIR/body;
  proxy_temp_path $INSTANCE_DIR/proxy;
  fastcgi_temp_path $INSTANCE_DIR/fastcgi;
  uwsgi_temp_path $INSTANCE_DIR/uwsgi;
  scgi_temp_path $INSTANCE_DIR/scgi;
  server {
    listen 127.0.0.1:\${PORT};
    root .;
    location / { add_header X-Uri $uri; }
  }
}
`

const page = { file: 'page.txt', path: '/' }
const server = { 'server.mjs': SERVER, 'page.txt': 'v0' }

const FOREIGN: readonly Foreign[] = [
  {
    name: "Python's http.server",
    service: { path: 'site', start: 'python3 -m http.server $PORT' },
    files: { 'site/index.html': 'v0' },
    changing: { file: 'site/index.html', path: '/' },
    processes: 1,
  },
  {
    name: 'nginx with a rendered template',
    service: {
      path: 'site',
      start: `${NGINX} -p ./ -c $INSTANCE_DIR/nginx.conf -g "daemon off;"`,
      templates: { 'nginx.conf.template': 'nginx.conf' },
    },
    files: { 'site/index.html': 'v0', 'site/nginx.conf.template': NGINX_TEMPLATE },
    changing: { file: 'site/index.html', path: '/index.html' },
    processes: 3,
  },
  {
    name: 'a Node server that ignores SIGTERM',
    service: { start: 'node server.mjs', env: { IGNORE_SIGTERM: '1' }, grace: '500ms' },
    files: server,
    changing: page,
    processes: 1,
  },
  {
    name: 'a shell whose child does the work',
    service: { start: `sh -c 'node server.mjs; true'` },
    files: server,
    changing: page,
    processes: 2,
  },
  {
    name: 'npm start',
    service: { start: 'npm start' },
    files: { ...server, 'package.json': JSON.stringify({ private: true, scripts: { start: 'node server.mjs' } }) },
    changing: page,
    processes: 2,
  },
  {
    name: 'a shell whose child has a session of its own',
    service: { start: `sh -c 'setsid node server.mjs & wait'` },
    files: server,
    changing: page,
    processes: 2,
  },
]

for (const { name, service, files, changing, processes } of someOf(FOREIGN, 3)) {
  void test(`${name}: runs, is deployed without a failed request, and leaves no process`, async (t) => {
    await using project = projectWith(
      { api: { routes: ['/'], grace: '5s', health: { deadline: '20s' }, ...service } },
      files,
    )
    await project.must(['up', '--detach'])
    const port = await project.port()
    assert.equal(await textAt(port, changing.path), 'v0')

    const load = startLoad({
      port,
      clients: 4,
      methods: ['GET'],
      path: changing.path,
      isGood: (status) => status === 200,
    })
    const proofs: string[] = []
    for (let number = 1; number <= DEPLOYS; number++) {
      writeFileSync(join(project.folder, changing.file), `v${number}`)
      await project.must(['deploy'])
      assert.equal(await textAt(port, changing.path), `v${number}`)
      const { last } = await project.status()
      assert.equal(last!.state, 'done')
      assert.equal(last!.proof!.failed, 0, last!.proof!.failures.join('\n'))
      proofs.push(`${last!.proof!.sent} sent`)
    }
    const answers = await load.stop()
    assert.deepEqual(failuresOf(answers), [])

    const { instances, world } = await project.status()
    const live = instances.find(({ release }) => release === world.live)!
    const running = processesOf(live)
    assert.ok(running.length >= processes, `${running.length} processes`)
    await project.must(['stop'])
    assert.deepEqual(processesMentioning(project.folder), [])
    assert.deepEqual(
      running.filter((pid) => !isGone(pid)),
      [],
    )
    t.diagnostic(`${answers.length} requests, 0 failed; witness: ${proofs.join(', ')}`)
  })
}

void test('a killed shell does not leave its child on the port of the next start', async () => {
  await using project = projectWith(
    { api: { routes: ['/'], start: `sh -c 'node server.mjs; true'`, grace: '5s', health: { deadline: '20s' } } },
    server,
  )
  await project.must(['up', '--detach'])
  const [{ pid, id }] = (await project.status()).instances as unknown as [{ pid: number; id: string }]
  process.kill(pid, 'SIGKILL')
  await until(async () => {
    const [now] = (await project.status()).instances
    return now!.state === 'running' && now!.pid !== pid && now!.pid !== null && processesMentioning(id).length === 2
  }, 'the instance to run again, and only once')
  const port = await project.port()
  await until(async () => (await textAt(port, '/')) === 'v0', 'it to answer')
  assert.doesNotMatch(project.log(id), /EADDRINUSE/)
})

void test('a worker without routes and a folder of files are deployed beside a program', async () => {
  const worker = (name: string): string => `console.log('${name} works'); setInterval(() => {}, 1000)`
  await using project = projectWith(
    {
      api: { start: 'node server.mjs', routes: ['/api'], grace: '5s', health: { deadline: '20s' } },
      web: { static: 'web', routes: ['/'] },
      jobs: { start: 'node worker.mjs', routes: [], grace: '5s', health: { deadline: '20s' } },
    },
    { ...server, 'web/index.html': 'site v0', 'worker.mjs': worker('v0') },
  )
  await project.must(['up', '--detach'])
  const port = await project.port()
  const load = startLoad({ port, clients: 2, methods: ['GET'], isGood: (status) => status === 200 })
  writeFileSync(join(project.folder, 'web/index.html'), 'site v1')
  writeFileSync(join(project.folder, 'worker.mjs'), worker('v1'))
  await project.must(['deploy'])
  assert.deepEqual(failuresOf(await load.stop()), [])
  assert.equal(await textAt(port, '/'), 'site v1')
  assert.equal(await textAt(port, '/api'), 'v0')

  const { instances, world } = await project.status()
  const jobs = instances.find(({ service, release }) => service === 'jobs' && release === world.live)!
  assert.deepEqual([jobs.port, jobs.state, jobs.restarts], [null, 'running', 0])
  assert.match(project.log(jobs.id), /v1 works/)
  assert.equal(
    instances.some(({ service }) => service === 'web'),
    false,
    'files need no process',
  )
})

void test('a worker that does not stay up is refused', async () => {
  await using project = projectWith(
    { jobs: { start: 'node worker.mjs', routes: [], grace: '5s', health: { interval: '1s', deadline: '6s' } } },
    { 'worker.mjs': 'setInterval(() => {}, 1000)' },
  )
  await project.must(['up', '--detach'])
  const before = (await project.status()).world
  writeFileSync(join(project.folder, 'worker.mjs'), `console.error('no queue'); process.exit(4)`)
  const deploy = await project.run(['deploy'])
  assert.equal(deploy.code, 1)
  assert.match(deploy.stderr, /deploy\.gate-failed/)
  assert.match(deploy.stderr, /exited with 4/)
  assert.match(deploy.stderr, /\| no queue/)
  assert.equal((await project.status()).world.live, before.live)
})

void test('a program that insists on its port: planned, told and counted downtime; a refused release brings it back', async (t) => {
  const port = await pickPort('127.0.0.1', new Set())
  const config = (env: Record<string, string>): object =>
    plainConfig({
      service: { port, health: { ready: '/health/readiness', interval: '1s', deadline: '4s' } },
      env,
      environment: { strategy: 'recreate', witness: { rate: '50/s' } },
    })
  await using project = new TestProject(config({}))
  await project.must(['up', '--detach'])
  const { live: first } = (await project.status()).world

  project.configure(config({ NAME: 'v2', SLOW_START_MS: '500' }))
  const plan = await project.must(['plan'])
  const told = `api: it insists on port ${port}, so two cannot run at once`
  assert.ok(plan.stdout.includes(`${told}: it answers 503 from the stop of the old instance`), plan.stdout)
  const deploy = await project.must(['deploy'])
  assert.ok(deploy.stdout.includes(`! downtime for ${told}`), deploy.stdout)
  const { last: done, world } = await project.status()
  assert.equal(done!.state, 'done')
  assert.notEqual(world.live, first)
  const { failed, sent, failures } = done!.proof!
  assert.ok(failed > 10, `${failed} of ${sent} failed while it could not answer`)
  assert.ok(failures.every((failure) => failure.includes('status 503')))
  assert.equal(JSON.parse(await textAt(await project.port(), '/')).name, 'v2')

  project.configure(config({ NAME: 'v3', UNREADY: 'never' }))
  const refused = await project.run(['deploy'])
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /never/)
  const { last, world: after, instances } = await project.status()
  assert.equal(last!.state, 'refused')
  assert.equal(after.live, world.live)
  assert.ok(last!.proof!.failed > 0)
  assert.deepEqual(
    instances.map(({ release, state }) => [release, state]),
    [[world.live, 'running']],
  )
  assert.equal(JSON.parse(await textAt(await project.port(), '/')).name, 'v2')
  t.diagnostic(
    `${failed} of ${sent} witness requests failed in the deploy, ${last!.proof!.failed} of ${last!.proof!.sent} in the refused one`,
  )
})

function projectWith(services: object, files: Readonly<Record<string, string>>): TestProject {
  const project = new TestProject({ ...plainConfig(), services })
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project.folder, name)), { recursive: true })
    writeFileSync(join(project.folder, name), text)
  }
  return project
}

async function textAt(port: number, path: string): Promise<string> {
  // Closed at once: a stop would wait for a connection that is kept.
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' } })
  return response.text()
}
