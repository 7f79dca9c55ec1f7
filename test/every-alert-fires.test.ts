/**
 * Every alert that an app gets has a test in which a real fault fires it, and the end of that fault ends it. Read from the tests
 * as they are written: what `fires` and `ends` of test/support/alert-watch.ts are called with, as literals or as a list of the
 * same file, and the lists `fires: […]` of tests that do both with whatever they are handed.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkConfig, resolveEnvironment } from '../src/config/index.ts'
import { builtInRules } from '../src/promises/built-in/rules.ts'
import { noDataRule } from '../src/promises/no-data-rule.ts'

const root = join(import.meta.dirname, '..')
const TESTS = 'test/{whole,machine}/alerts-*.test.ts'

/** Rules that nothing fires, with the reason. */
const NOTHING_FIRES: Readonly<Record<string, string>> = {
  BackupOld: 'nothing to read yet: no backup is made, so none has an age',
  BackupVeryOld: 'nothing to read yet: no backup is made, so none has an age',
  HeartbeatMissedNoData: 'in a Prometheus alone: here whoever evaluates has told of its heartbeat',
  HostCpuHighNoData:
    '/proc is there wherever this runs, and a control that may open nothing more cannot be asked for its alerts',
  ScrapeFailingNoData: 'in a Prometheus alone: here whoever evaluates collects from itself as well',
}

/** Has one of everything that rules are about. */
const FULL = {
  name: 'shop',
  needs: {
    db: { kind: 'postgres' },
    cache: { kind: 'redis', role: 'cache' },
  },
  services: {
    api: { start: 'node main.ts', routes: ['/'], uses: { db: 'required', cache: 'optional' } },
    worker: {
      start: 'node worker.ts',
      health: { ready: 'node check.ts' },
      uses: { db: 'required' },
      scale: { min: 1, max: 3, queue: { metric: 'jobs', target: 10 } },
    },
  },
  gateway: { listen: { https: 8443 }, tls: 'self-signed' },
  backups: { db: { to: ['file:backups'] } },
  environments: { local: { target: 'process' } },
}

const rules = builtInRules(resolveEnvironment(checkConfig(FULL, '/app/seaworthy.config.ts'), 'local'))
const names = rules.flatMap((rule) => [rule.name, ...[noDataRule(rule)].flatMap((each) => each?.name ?? [])])
const files = globSync(TESTS, { cwd: root }).map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))

void test('the app that this looks at has every rule that has a runbook', () => {
  const runbooks = readFileSync(join(root, 'docs/guides/alerts.md'), 'utf8').matchAll(/^#### (\w+)$/gm)
  assert.deepEqual(rules.map(({ name }) => name).toSorted(), Array.from(runbooks, ([, name]) => name!).toSorted())
})

void test('every alert is fired by a test, or it is said why none is', () => {
  const fired = new Set(files.flatMap(({ text }) => rulesOf(text, 'fires')))
  const silent = names.filter((name) => !fired.has(name) && !Object.hasOwn(NOTHING_FIRES, name))
  assert.deepEqual(silent, [], `no ${TESTS} has them in fires(…)`)
  const excused = Object.keys(NOTHING_FIRES).filter((name) => fired.has(name) || !names.includes(name))
  assert.deepEqual(excused, [], 'they are fired, or are no rules: take them from the list')
})

void test('every alert that a test fires ends in it', () => {
  for (const { path, text } of files) {
    const ended = rulesOf(text, 'ends')
    const left = rulesOf(text, 'fires').filter((name) => names.includes(name) && !ended.includes(name))
    assert.deepEqual(left, [], `${path}: it fires them, and does not see their end`)
  }
})

void test('lists of rules are found as tests write them', () => {
  const text = `
    const RULES = ['A', 'B'] as const
    const more: readonly string[] = [
      ...RULES,
      'C',
    ]
    await alerts.fires(['D'], at, { need: 'db' })
    await Promise.all([alerts.fires(more, Date.now()), alerts.ends([...RULES], at)])
    await isOnePage(t, { fires: ['E', ...unknown] })
    assert.equal(await alerts.stateOf('F'), 'none')`
  assert.deepEqual(rulesOf(text, 'fires').toSorted(), ['A', 'B', 'C', 'D', 'E'])
  assert.deepEqual(rulesOf(text, 'ends').toSorted(), ['A', 'B', 'E'])
})

/** The rules that the text has its alerts do this, each once. */
function rulesOf(text: string, turn: 'fires' | 'ends'): readonly string[] {
  const calls = text.matchAll(new RegExp(String.raw`\.${turn}\(\s*(\w+|\[[^\]]*\])|\bfires: (\[[^\]]*\])`, 'g'))
  return [
    ...new Set(Array.from(calls, ([, called, listed]) => called ?? listed!).flatMap((list) => namesIn(list, text))),
  ]
}

/** The literals of a list, and of those lists of the same text that it names. What is not found there names nobody. */
function namesIn(list: string, text: string): readonly string[] {
  const literals = Array.from(list.matchAll(/'(\w+)'/g), ([, name]) => name!)
  const named = list.replaceAll(/'\w+'/g, '').matchAll(/\w+/g)
  return [
    ...literals,
    ...Array.from(named, ([name]) => new RegExp(String.raw`const ${name}(?:: [^=]+)? = (\[[^\]]*\])`).exec(text)?.[1])
      .filter((found) => found !== undefined)
      .flatMap((found) => namesIn(found, text)),
  ]
}
