/** What a machine can check about the house: who imports whom, cycles, stray logging, undocumented errors, long files. */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '..')
const LINES_MAX = 400

/** Which folder may import what; the keeper's client is how the rest speaks to it: docs/decisions/0002. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  keeper: [],
  config: ['core'],
  http1: [],
  guard: ['core'],
  gateway: [
    'core',
    'http1',
    'guard',
    'observe/traces/span.ts',
    'keeper/client.ts',
    'keeper/successor.ts',
    'keeper/paths.ts',
    // A gateway away from control is a keeper with workers: docs/decisions/0042.
    'keeper/keeper.ts',
    'keeper/lock.ts',
  ],
  promises: ['core', 'config'],
  observe: ['core', 'config/resolved.ts', 'promises'],
  artefacts: ['core', 'config', 'promises'],
  deploy: ['core', 'config'],
  control: [
    'core',
    'config',
    'gateway',
    'guard',
    'deploy',
    'promises',
    'observe',
    'keeper/client.ts',
    'keeper/identity.ts',
    'keeper/successor.ts',
    'keeper/paths.ts',
    'keeper/protocol.ts',
  ],
  init: ['core', 'config'],
  load: ['core'],
  cli: [
    'core',
    'config',
    'gateway',
    'guard',
    'http1',
    'deploy',
    'control',
    'keeper',
    'init',
    'load',
    'promises',
    'observe',
    'artefacts',
  ],
}
/** Third-party packages, and the folders that may use each. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  zod: ['config'],
  commander: ['cli'],
  pg: ['control', 'observe'],
  yaml: ['init', 'artefacts'],
  '@grafana/grafana-foundation-sdk/dashboard': ['artefacts'],
  '@grafana/grafana-foundation-sdk/prometheus': ['artefacts'],
  '@grafana/grafana-foundation-sdk/timeseries': ['artefacts'],
  '@redis/client': ['control', 'guard', 'observe'],
  jose: ['guard'],
  'acme-client': ['control'],
  '@peculiar/x509': ['control'],
  'reflect-metadata': ['control'],
}

interface Source {
  readonly path: string
  readonly text: string
  readonly imports: readonly string[]
}

const sources: readonly Source[] = globSync('src/**/*.ts', { cwd: root })
  .filter((path) => !path.endsWith('.test.ts'))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8')
    const imports = [
      ...text.matchAll(
        /(?:^|\n)(?:import|export)\s[^'"]*?\sfrom '([^']+)'|(?:^|\n)import '([^']+)'|import\('([^']+)'\)/g,
      ),
    ].map((match) => match[1] ?? match[2] ?? match[3]!)
    return { path, text, imports }
  })

test('folders import only what the table allows', () => {
  const wrong = sources.flatMap(({ path, imports }) => {
    const folder = path.split('/')[1]!
    if (folder.endsWith('.ts')) return []
    assert.ok(folder in MAY_IMPORT, `src/${folder} is not in the import table`)
    return imports
      .filter((target) => target.startsWith('.'))
      .map((target) => relative('src', normalize(join(dirname(path), target))))
      .filter((target) => !target.startsWith(`${folder}/`))
      .filter(
        (target) => !MAY_IMPORT[folder]!.some((allowed) => target === allowed || target.startsWith(`${allowed}/`)),
      )
      .map((target) => `${path} imports src/${target}`)
  })
  assert.deepEqual(wrong, [])
})

test('third-party packages stay in the folder they were taken for', () => {
  const wrong = sources.flatMap(({ path, imports }) =>
    imports
      .filter((target) => !target.startsWith('.') && !target.startsWith('node:'))
      .filter((target) => !(PACKAGES[target] ?? []).includes(path.split('/')[1]!))
      .map((target) => `${path} imports ${target}`),
  )
  assert.deepEqual(wrong, [])
})

test('nothing imports in a circle', () => {
  const graph = new Map(
    sources.map(({ path, imports }) => [
      path,
      imports.filter((target) => target.startsWith('.')).map((target) => normalize(join(dirname(path), target))),
    ]),
  )
  const done = new Set<string>()
  const visit = (path: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(path), `circle: ${[...trail, path].join(' -> ')}`)
    if (done.has(path)) return
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of graph.keys()) visit(path, [])
})

test('on the request path only the gateway adapters touch node:http', () => {
  const wrong = sources.filter(
    ({ path, imports }) =>
      path.startsWith('src/gateway/') &&
      !path.startsWith('src/gateway/adapters/') &&
      // Helpers of the tests play client and instance.
      !path.startsWith('src/gateway/testing') &&
      imports.some((target) => target === 'node:http' || target === 'node:https'),
  )
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  )
})

test('no stray console output in the library', () => {
  const wrong = sources.filter(({ text }) => /\bconsole\.(log|error|warn|info|debug)\(/.test(text))
  assert.deepEqual(
    wrong.map(({ path }) => path),
    [],
  )
})

test('every problem code is documented, once, and nothing else is', () => {
  // The keeper imports nothing: its refusals are its own, and control turns into Problems what an operator can fix.
  const used = new Set(
    sources
      .filter(({ path }) => !path.startsWith('src/keeper/'))
      .flatMap(({ text }) => [...text.matchAll(/'([a-z]+\.[a-z-]+)'/g)].map((match) => match[1]!))
      .filter(isCode),
  )
  const rows = [...readFileSync(join(root, 'docs/errors.md'), 'utf8').matchAll(/^\| `([a-z]+\.[a-z-]+)`/gm)].map(
    (match) => match[1]!,
  )
  const documented = new Set(rows)
  assert.deepEqual([...used].filter((code) => !documented.has(code)).toSorted(), [], 'used but not documented')
  assert.deepEqual([...documented].filter((code) => !used.has(code)).toSorted(), [], 'documented but not used')
  assert.deepEqual(rows, [...documented].toSorted(), 'each once, in their order')
})

function isCode(text: string): boolean {
  const quoted = `'${text}'`
  return sources.some(({ text: source }) => {
    const at = source.indexOf(quoted)
    return (
      at >= 0 &&
      new RegExp(`(Problem\\(\\s*|problem\\(\\s*|code: |refusal\\(\\s*)${quoted.replace('.', '\\.')}`).test(source)
    )
  })
}

test(`no file is longer than ${LINES_MAX} lines`, () => {
  const long = sources.filter(({ text }) => text.split('\n').length > LINES_MAX).map(({ path }) => path)
  assert.deepEqual(long, [])
})

test('every dependency has its line of reasons', () => {
  const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >
  const text = readFileSync(join(root, 'docs/dependencies.md'), 'utf8')
  const missing = Object.keys({ ...dependencies, ...devDependencies }).filter(
    (name) => !new RegExp(`^\\| ${name} +\\|`, 'm').test(text),
  )
  assert.deepEqual(missing, [])
})
