import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { get } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, test } from 'node:test'
import { processesMentioning, root, until } from './support/project.ts'

const RUN_WITHIN_MS = 60_000
const NEEDS = [
  '@grafana/grafana-foundation-sdk',
  '@peculiar/x509',
  '@redis/client',
  'acme-client',
  'commander',
  'jose',
  'pg',
  'reflect-metadata',
  'yaml',
  'zod',
]

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'seaworthy-package-')))
const project = join(folder, 'project')
const installed = join(project, 'node_modules', 'seaworthy')
const bin = join(installed, 'bin', 'seaworthy.js')

/** Builds and packs a copy of the repository, and installs what was packed as npm would, without asking a registry. */
before(() => {
  const copy = join(folder, 'copy')
  mkdirSync(copy)
  for (const name of [
    'src',
    'bin',
    'package.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'CHANGELOG.md',
    'LICENSE',
  ]) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true })
  }
  symlinkSync(realpathSync(join(root, 'node_modules')), join(copy, 'node_modules'))
  must(copy, 'npm', ['run', 'build'])
  must(copy, 'npm', ['pack', '--ignore-scripts', '--pack-destination', folder])
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith('.tgz'))
  mkdirSync(installed, { recursive: true })
  must(folder, 'tar', ['-xzf', tarball!, '-C', installed, '--strip-components=1'])
  for (const name of withTheirNeeds(NEEDS)) {
    cpSync(realpathSync(join(root, 'node_modules', name)), join(project, 'node_modules', name), { recursive: true })
  }
})

/** What npm would install for these: what is optional and not there is left out. */
function withTheirNeeds(names: readonly string[], known = new Set<string>()): ReadonlySet<string> {
  for (const name of names) {
    const file = join(root, 'node_modules', name, 'package.json')
    if (known.has(name) || !existsSync(file)) continue
    known.add(name)
    const { dependencies = {} } = JSON.parse(readFileSync(file, 'utf8')) as { dependencies?: Record<string, string> }
    withTheirNeeds(Object.keys(dependencies), known)
  }
  return known
}

after(() => rmSync(folder, { recursive: true, force: true }))

void test('the package holds what runs and nothing else', () => {
  assert.deepEqual(readdirSync(join(installed, 'bin')), ['seaworthy.js'])
  assert.equal(existsSync(join(installed, 'src')), false)
  const files = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
  assert.deepEqual(
    files.filter((name) => /\.test\.|(?<!\.d)\.ts$/.test(name)),
    [],
  )
  for (const entry of [
    'index.js',
    'index.d.ts',
    'cli/entry.js',
    'keeper/main.js',
    'control/main.js',
    'gateway/worker.js',
    'observe/series/store/worker.js',
    'observe/logs/thread/main.js',
  ])
    assert.ok(files.includes(entry), entry)
  const { dependencies } = manifest() as { dependencies: Record<string, string> }
  assert.deepEqual(Object.keys(dependencies).toSorted(), NEEDS.toSorted())
})

void test('the packed command says its version', () => {
  assert.equal(must(project, process.execPath, [bin, '--version']).trim(), manifest()['version'])
})

void test('the packed command makes its image from its compiled files', () => {
  const file = join(folder, 'image.tar')
  const image = JSON.parse(must(project, process.execPath, [bin, 'image', '--output', file, '--json'])) as {
    layers: { digest: string }[]
  }
  const layer = image.layers.at(-1)!.digest.replace(':', '/')
  must(folder, 'tar', ['-xf', file, '--strip-components=1', `blobs/${layer}`])
  const entries = must(folder, 'tar', ['-tvf', join(folder, layer)])
  assert.match(entries, /seaworthy\/bridge -> dist\/control\/bridge\/main\.js\n/)
  for (const name of [
    'bin/seaworthy.js',
    'dist/cli/entry.js',
    'dist/control/bridge/main.js',
    'dist/control/bridge/check.js',
  ])
    assert.ok(entries.includes(` seaworthy/${name}\n`), name)
  assert.ok(!entries.includes('.d.ts'))
})

void test('the packed command runs, deploys and stops a project from its compiled files', async () => {
  writeFileSync(
    join(project, 'seaworthy.config.ts'),
    `import { defineApp } from 'seaworthy'
     const name: string = 'tiny'
     export default defineApp({
       name,
       services: { api: { start: 'node server.mjs', routes: ['/'], health: { interval: '1s', deadline: '20s' }, grace: '5s' } },
       gateway: { listen: { http: 0 }, workers: 1 },
       environments: { local: { target: 'process', watch: { for: '500ms' }, drain: '1s' } },
     })`,
  )
  const page = (text: string): void =>
    writeFileSync(
      join(project, 'server.mjs'),
      `import { createServer } from 'node:http'
       createServer((request, response) => response.end('${text}')).listen(Number(process.env.PORT), '127.0.0.1')`,
    )
  page('first')
  try {
    const facts = must(project, process.execPath, [bin, 'up', '--detach', '--json']).trim().split('\n')
    const up = JSON.parse(facts.at(-1)!) as { url: string }
    assert.equal(await textAt(up.url), 'first')
    const ours = processesMentioning(join(project, '.seaworthy')).filter(({ command }) => command.includes('--state'))
    assert.equal(ours.length, 3, 'keeper, control and one worker')
    for (const { command } of ours) assert.match(command, /\/dist\/(keeper\/main|control\/main|gateway\/worker)\.js /)
    page('second')
    must(project, process.execPath, [bin, 'deploy'])
    assert.equal(await textAt(up.url), 'second')
  } finally {
    must(project, process.execPath, [bin, 'stop'])
  }
  await until(() => processesMentioning(project).length === 0, 'everything to end')
})

void test('its types compile in a strict project, and refuse a wrong config', () => {
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', private: true }))
  const check = (file: string, text: string): { status: number | null; stdout: string } => {
    writeFileSync(join(project, file), text)
    const options = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--module', 'nodenext', '--ignoreConfig']
    const tsc = join(root, 'node_modules', '.bin', 'tsc')
    return spawnSync(tsc, [...options, file], { cwd: project, encoding: 'utf8' })
  }
  const config = (target: string): string =>
    `import { defineApp, postgres, type App } from 'seaworthy'
     const app: App = { name: 'a', needs: { db: postgres({ version: 17 }) }, services: {}, environments: { local: { target: ${target} } } }
     export default defineApp(app)`
  const good = check('good.ts', config(`'process'`))
  assert.equal(good.status, 0, good.stdout)
  const wrong = check('wrong.ts', config(`'moon'`))
  assert.notEqual(wrong.status, 0)
  assert.match(wrong.stdout, /"moon"/)
})

void test('an old Node is told what is needed and where it is', () => {
  const fake = join(folder, 'old.cjs')
  writeFileSync(
    fake,
    `const versions = { ...process.versions, node: '18.0.0' }
     globalThis.process = new Proxy(process, { get: (real, key) => (key === 'versions' ? versions : Reflect.get(real, key)) })`,
  )
  const runs = [[process.execPath, '--require', fake], ...oldNodes().map((node) => [node])]
  for (const [node = '', ...options] of runs) {
    const { status, stdout, stderr } = spawnSync(node, [...options, bin, '--version'], {
      cwd: project,
      encoding: 'utf8',
    })
    assert.equal(status, 2, `${node}: ${stderr}`)
    assert.equal(stdout, '')
    assert.match(stderr, /^Seaworthy needs Node 24 or newer; this is v\d/)
    assert.ok(stderr.includes(node))
    assert.match(stderr, /npm install --save-dev node@24/)
  }
})

/** The machine's own, where they are too old for us: the real thing beside the stub. */
function oldNodes(): readonly string[] {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .concat('/usr/local/bin', '/usr/bin')
    .map((place) => join(place, 'node'))
    .filter((node, index, all) => all.indexOf(node) === index && existsSync(node))
    .filter((node) => {
      const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout ?? ''
      return /^v\d/.test(version) && Number(version.slice(1).split('.')[0]) < 24
    })
}

function must(cwd: string, program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    timeout: RUN_WITHIN_MS,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
  })
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${status}\n${stdout}\n${stderr}`, { cause: error })
  return stdout
}

function manifest(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Record<string, unknown>
}

function textAt(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { agent: false }, (response) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve(text))
    }).once('error', reject)
  })
}
