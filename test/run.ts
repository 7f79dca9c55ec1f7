/**
 * Runs the checks and the tests in phases and adds them up: `node test/run.ts [all|check|unit|whole|every]`.
 * Ends with a line `N passed, N failed` for the whole run. Anything skipped counts as failed: a test that cannot run here
 * says so by not being part of the run (see bin/test), never by being skipped in silence. A whole test file that failed
 * beside others has one more run alone, and is named at the end if that passes (docs/decisions/0027). Of what there is too much
 * of for every run, a part is drawn by a seed that is told; `every` draws all of it (docs/decisions/0047).
 */
import { spawn } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { drawSome, seedOf } from './seeded/some.ts'

interface Outcome {
  readonly passed: number
  readonly failed: number
  /** The files with failures, where the runner names them. */
  readonly files?: readonly string[]
  /** Of the failures: what was skipped, or left for later. */
  readonly notRun?: number
}

/** More than these have a cause in common, which no second run mends. */
const AGAIN_MAX = 5

interface Phase {
  readonly name: string
  readonly group: 'check' | 'unit' | 'whole'
  readonly run: () => Promise<Outcome>
}

const root = join(import.meta.dirname, '..')
const node = process.execPath
const wanted = process.argv[2] ?? 'all'
const seed = seedOf(process.env['SEED'])
const env = {
  // Hundreds of processes of ours are started: what Node has compiled once it need not compile again.
  NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'compile'),
  ...process.env,
  SEED: String(seed),
  EVERY: wanted === 'every' ? '1' : '',
}
/** What a phase has drawn of its files. */
const drawn: string[] = []
/** A test that hangs costs this much, not all the time there is. */
const HANGS_MS = { unit: 120_000, whole: 600_000 }
/** Whoever runs this may have a limit of their own, and says nothing when it is over. What is left by then has failed. */
const until = AbortSignal.timeout(wanted === 'every' ? 4 * 3_600_000 : 80 * 60_000)
const bin = (name: string): string => join(root, 'node_modules', '.bin', name)

/** Runs what follows in a network that has nobody else's devices, and that is gone with those in it, even killed. */
const ownNetwork = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh']

const phases: readonly Phase[] = [
  { name: 'types', group: 'check', run: () => check([bin('tsc'), '-p', '.']) },
  { name: 'lint', group: 'check', run: () => check([bin('oxlint'), '--type-aware', '--deny-warnings']) },
  { name: 'format', group: 'check', run: () => check([bin('oxfmt'), '--check', '.']) },
  { name: 'dead code', group: 'check', run: () => check([bin('knip')]) },
  { name: 'package', group: 'check', run: () => tests(['test/package.test.ts']) },
  { name: 'reference', group: 'check', run: () => tests(['test/reference.test.ts']) },
  { name: 'tidy', group: 'check', run: () => tests(['test/tidy.test.ts']) },
  { name: 'alerts', group: 'check', run: () => tests(['test/every-alert-fires.test.ts']) },
  {
    name: 'unit',
    group: 'unit',
    run: () =>
      tests(globSync(['src/**/*.test.ts', 'bench/**/*.test.ts', 'test/seeded/**/*.test.ts'], { cwd: root }), [
        // As many as there are cores: the runner's own choice is one less.
        `--test-concurrency=${availableParallelism()}`,
        `--test-timeout=${HANGS_MS.unit}`,
      ]),
  },
  {
    name: 'example',
    group: 'unit',
    run: () =>
      tests(
        globSync('examples/*/**/*.test.ts', {
          cwd: root,
          exclude: (name) => name === 'node_modules' || name === '.seaworthy',
        }),
      ),
  },
  // Each starts whole environments, which wait more than they work; those of alerts for windows to pass, most of the time.
  { name: 'whole', group: 'whole', run: () => wholes('test/whole/!(alerts-|docker-)*.test.ts', 2) },
  { name: 'docker', group: 'whole', run: () => wholes('test/whole/docker-*.test.ts', 2, { draw: 6 }) },
  // A sample of what every target has to pass; `bin/prove-all` runs all of it.
  { name: 'contract', group: 'whole', run: () => wholes('test/contract/target/*.test.ts', 2) },
  { name: 'alerts', group: 'whole', run: () => wholes('test/whole/alerts-*.test.ts', 3, { draw: 8 }) },
  // What it does to the machine, whoever runs beside it suffers from.
  { name: 'machine', group: 'whole', run: () => wholes('test/machine/*.test.ts', 1, { before: ownNetwork }) },
]

const unsteady: string[] = []
const results: { name: string; outcome: Outcome; seconds: number }[] = []
for (const { name, run } of phases.filter(({ group }) => wanted === 'all' || wanted === 'every' || wanted === group)) {
  console.log(`\n=== ${name}`)
  const startedAt = performance.now()
  const outcome = until.aborted ? outOfTime(name) : await run()
  results.push({ name, outcome, seconds: (performance.now() - startedAt) / 1000 })
}

console.log('')
for (const { name, outcome, seconds } of results) {
  console.log(`${name.padEnd(10)} passed ${outcome.passed}, failed ${outcome.failed} (${seconds.toFixed(1)} s)`)
}
const passed = results.reduce((sum, { outcome }) => sum + outcome.passed, 0)
const failed = results.reduce((sum, { outcome }) => sum + outcome.failed, 0)
for (const line of drawn) console.log(`drawn: ${line}`)
for (const file of unsteady) console.log(`unsteady: ${file} failed beside others and passed alone`)
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 && passed > 0 ? 0 : 1)

function outOfTime(name: string): Outcome {
  console.log(`not run: ${name}: no time is left`)
  return { passed: 0, failed: 1 }
}

async function check(argv: readonly string[]): Promise<Outcome> {
  const { code } = await run(argv)
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }
}

/** Runs test files and reads the runner's own counts. No file, no count or a skipped test is a failure. */
async function tests(
  files: readonly string[],
  options: readonly string[] = [],
  before: readonly string[] = [],
): Promise<Outcome> {
  if (files.length === 0) {
    console.log('no test files')
    return { passed: 0, failed: 1 }
  }
  const { code, output } = await run([
    ...before,
    node,
    '--test',
    '--test-reporter=spec',
    ...options,
    ...files.toSorted(),
  ])
  const count = (word: string): number => Number(new RegExp(`^ℹ ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? Number.NaN)
  const passed = count('pass')
  const notRun = count('skipped') + count('todo')
  const failed = count('fail') + count('cancelled') + notRun
  if (Number.isNaN(passed + failed) || passed === 0) return { passed: 0, failed: 1 }
  const failing = [...new Set(Array.from(output.matchAll(/^test at (\S+\.test\.ts):\d/gm), ([, file]) => file!))]
  return { passed, failed: failed === 0 && code !== 0 ? 1 : failed, files: failing, notRun }
}

async function wholes(
  pattern: string,
  together: number,
  { draw = Infinity, before = [] }: { draw?: number; before?: readonly string[] } = {},
): Promise<Outcome> {
  const files = globSync(pattern, { cwd: root }).toSorted()
  const some = wanted === 'every' ? files : drawSome(files, draw, seed)
  if (some.length < files.length) drawn.push(`${some.length} of ${files.length} files ${pattern}, SEED=${seed}`)
  const options = [`--test-concurrency=${together}`, `--test-timeout=${HANGS_MS.whole}`]
  return again(await tests(some, options, before), before)
}

/** What remains of the failures when each of the few files that had them is run again with the machine to itself. */
async function again({ passed, failed, files = [], notRun = 0 }: Outcome, before: readonly string[]): Promise<Outcome> {
  if (files.length === 0 || files.length > AGAIN_MAX) return { passed, failed }
  const seconds: Outcome[] = []
  for (const file of files) {
    if (until.aborted) return { passed, failed }
    console.log(`\n=== once more, alone: ${file}`)
    const second = await tests([file], [`--test-timeout=${HANGS_MS.whole}`], before)
    if (second.failed === 0) unsteady.push(file)
    seconds.push(second)
  }
  // In whichever file it stands, a second run does not tell of what the first has not run.
  const stillFailed = Math.max(
    notRun,
    seconds.reduce((sum, second) => sum + second.failed, 0),
  )
  return { passed: passed + failed - stillFailed, failed: stillFailed }
}

function run(argv: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd: root,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
      signal: until,
      killSignal: 'SIGTERM',
    })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      process.stdout.write(chunk)
    })
    child.once('error', (error) => {
      if (error.name !== 'AbortError') return reject(error)
      console.log('stopped: no time is left')
      resolve({ code: null, output: '' })
    })
    child.once('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString('utf8') }))
  })
}
