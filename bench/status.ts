/**
 * What `seaworthy status` takes: `npm run bench:status [-- --series 5000 --rounds 100 --commands 10]`. Two environments run at
 * once and are asked in turn: one with few series, and one whose instances show many at /metrics, which control collects every
 * ten seconds meanwhile. Asked are the three methods that the command asks, and the whole command as it is published.
 */
import { execFile, execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { parseArgs } from 'node:util'
import { plainConfig, root, TestProject, until } from '../test/support/project.ts'

const BAR_MS = 200
/** What an instance may show is bounded: so many of them share it. */
const INSTANCES = 3
/** Beats that have to pass before the series are there and were asked. */
const SETTLED_MS = 120_000
/** What a Node that does nothing takes at most where nothing else runs. */
const QUIET_MS = 60
const NEEDED = ['status', 'health.look', 'need.list'] as const

const { values } = parseArgs({
  options: {
    series: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '100' },
    commands: { type: 'string', default: '10' },
  },
})
const series = Number(values.series)

const built = mkdtempSync(join(tmpdir(), 'seaworthy-bench-status-'))
try {
  process.exitCode = await measure()
} finally {
  rmSync(built, { recursive: true, force: true })
}

async function measure(): Promise<number> {
  const program = publish()
  await using few = await bringUp(program, 0)
  await using many = await bringUp(program, series)
  const places = { few, many }
  const counts = { few: await countOf(few), many: await countOf(many) }
  say('series', `few ${counts.few}, many ${counts.many}`)

  const api: Record<keyof typeof places, number[]> = { few: [], many: [] }
  const parts: Record<string, number[]> = {}
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const name of ['few', 'many'] as const) {
      const begun = performance.now()
      for (const method of NEEDED) {
        const from = performance.now()
        await places[name].control.call(method, {})
        ;(parts[`${name} ${method}`] ??= []).push(performance.now() - from)
      }
      api[name].push(performance.now() - begun)
    }
    // Spread over several beats: what collects and evaluates is in the way of some.
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  for (const name of ['few', 'many'] as const) say(`answer, ${name}`, describe(api[name]))
  for (const [name, times] of Object.entries(parts)) say(`  ${name}`, describe(times))

  const commands: Record<keyof typeof places, number[]> = { few: [], many: [] }
  const [nothing, cpu]: [number[], number[]] = [[], []]
  for (let round = 0; round < Number(values.commands); round++) {
    for (const name of ['few', 'many'] as const)
      commands[name].push((await timeOf(places[name].folder, [program, 'status'])).tookMs)
    nothing.push((await timeOf(built, ['--eval', '0'])).tookMs)
    cpu.push((await timeOf(many.folder, [program, 'status'])).cpuMs)
  }
  for (const name of ['few', 'many'] as const) say(`command, ${name}`, describe(commands[name]))
  say('node alone', describe(nothing))
  say('CPU of command, many', describe(cpu))
  const ratio = quantile(api.many, 0.5) / quantile(api.few, 0.5)
  say('many / few', `${ratio.toFixed(2)} x, medians of the answers`)

  const isEnough = counts.many >= series
  const bars = [
    { what: `series: ${counts.many}, bar ${series}`, held: isEnough },
    bar('answer with many series, p95', quantile(api.many, 0.95)),
    bar('command with many series, median', quantile(commands.many, 0.5)),
  ]
  for (const { what, held } of bars) process.stdout.write(`bar ${what}: ${held ? 'held' : 'missed'}\n`)
  if (bars.every(({ held }) => held)) return 0
  if (quantile(nothing, 0.5) > QUIET_MS)
    say('inconclusive', 'this machine keeps a Node waiting that does nothing: repeat on a quiet one')
  return 1
}

function bar(what: string, ms: number): { readonly what: string; readonly held: boolean } {
  return { what: `${what}: ${ms.toFixed(0)} ms, bar ${BAR_MS} ms`, held: ms <= BAR_MS }
}

/** As it is installed: JavaScript. */
function publish(): string {
  execFileSync('tsc', ['-p', join(root, 'tsconfig.build.json'), '--outDir', join(built, 'dist')], {
    env: { ...process.env, PATH: `${join(root, 'node_modules/.bin')}:${process.env['PATH']}` },
  })
  for (const name of ['bin', 'package.json']) cpSync(join(root, name), join(built, name), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'))
  return join(built, 'bin/seaworthy.js')
}

async function bringUp(program: string, shown: number): Promise<TestProject> {
  const config = {
    ...plainConfig({
      env: { SERIES: String(Math.ceil(shown / INSTANCES)) },
      service: { start: 'node metrics-service.mjs', scale: { min: INSTANCES, max: INSTANCES }, health: undefined },
    }),
    promises: { all: { on: { service: 'api' }, availability: '99.9%', latency: { p95: '200ms' }, errors: '0.1%' } },
  }
  const service = readFileSync(join(import.meta.dirname, 'status/metrics-service.mjs'), 'utf8')
  const project = new TestProject(config, { 'metrics-service.mjs': service })
  project.program = program
  await project.must(['up', '--detach'])
  await until(
    async () =>
      (await project.control.call('health.look', {})).measuredAt !== null && (await countOf(project)) >= shown,
    'series and a measurement of them',
    SETTLED_MS,
  )
  return project
}

async function countOf({ control }: TestProject): Promise<number> {
  return (await control.call('series.list', { metric: null, matching: null })).series.length
}

/** By bash, which says what a child has used of the CPU. */
function timeOf(cwd: string, args: readonly string[]): Promise<{ readonly tookMs: number; readonly cpuMs: number }> {
  const timed = 'TIMEFORMAT="%R %U %S"; time "$@" >/dev/null'
  return new Promise((resolve, reject) => {
    execFile('bash', ['-c', timed, 'bash', process.execPath, ...args], { cwd }, (error, _stdout, stderr) => {
      const [real = NaN, user = NaN, system = NaN] = stderr.trim().split(' ').map(Number)
      if (error === null) resolve({ tookMs: real * 1_000, cpuMs: (user + system) * 1_000 })
      else reject(new Error(`${args.join(' ')}: ${stderr}`))
    })
  })
}

function describe(times: readonly number[]): string {
  const ms = (share: number): string => quantile(times, share).toFixed(1)
  return `median ${ms(0.5)} ms, p95 ${ms(0.95)} ms, max ${ms(1)} ms of ${times.length}`
}

function quantile(times: readonly number[], share: number): number {
  return times.toSorted((one, other) => one - other)[Math.ceil(share * times.length) - 1]!
}

function say(what: string, text: string): void {
  process.stdout.write(`${what.padEnd(24)}${text}\n`)
}
