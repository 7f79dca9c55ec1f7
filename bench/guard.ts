/**
 * `npm run bench:guard`: what judging a request costs, in CPU time of this process.
 *
 *   --with-modsecurity   the same requests through nginx with ModSecurity and its rule set, interleaved, with the ratio
 *   --family TEXT        the families of adversarial input whose name holds TEXT, and nothing else
 *   --detector NAME      asks this detector alone
 *   --dir DIR            the folder of the corpora [env SEAWORTHY_CORPORA, else ../shared/corpora beside the repository]
 *   --quick              a tenth of the rounds
 *
 * Exit code 1 when a bar is missed.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { DETECTORS } from '../src/guard/inspect/detectors/index.ts'
import { readCorpora, requestOf } from './corpora/lines.ts'
import { FAMILIES } from './guard/families.ts'
import { GROWTH_MAX, LENGTHS, NS_PER_BYTE_MAX, costOfFamily } from './guard/linearity.ts'
import { allocationOf, blocking, costOf, cpuOf, judgeOnce, median } from './guard/measure.ts'
import { startModsecurity } from './guard/modsecurity.ts'
import { BROWSER_GET, GET, POST } from './guard/requests.ts'
import type { Sample } from './guard/requests.ts'

const { values: options } = parseArgs({
  options: {
    'with-modsecurity': { type: 'boolean', default: false },
    family: { type: 'string' },
    detector: { type: 'string' },
    dir: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
const detectors = DETECTORS.filter(({ name }) => options.detector === undefined || name === options.detector)
const inspector = blocking({ detectors })
const count = options.quick ? 10_000 : 100_000
let missed = 0

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

console.log(`node ${process.version}, ${detectors.length} detectors: ${detectors.map(({ name }) => name).join(', ')}`)
if (options.family === undefined) {
  requests()
  corpus()
}
families()
if (options['with-modsecurity']) await modsecurity()
process.exitCode = missed === 0 ? 0 : 1

function requests(): void {
  console.log(`\nrequests: median (lowest to highest) of 9 batches, ${count} rounds after ${count / 5}`)
  const rows: readonly [sample: Sample, cold: boolean, bar: number][] = [
    [GET, true, 30],
    [POST, true, 75],
    [BROWSER_GET, false, 10],
  ]
  for (const [sample, cold, most] of rows) {
    const verdict = judgeOnce(inspector, sample)
    if (verdict.told) throw new Error(`${sample.name} is ordinary, yet ${verdict.evidence[0]!.rule}`)
    const { medianUs, lowestUs, highestUs } = costOf(inspector, sample, { cold, count })
    const bytes = cold ? `, ${Math.round(allocationOf(inspector, sample, collect))} bytes allocated` : ''
    console.log(
      `  ${sample.name}: ${medianUs.toFixed(2)} us (${lowestUs.toFixed(2)} to ${highestUs.toFixed(2)})${bytes}`,
    )
    bar(sample.name, medianUs, most, 'us')
  }
}

function corpus(): void {
  const folder = options.dir ?? process.env.SEAWORTHY_CORPORA ?? join(import.meta.dirname, '../../shared/corpora')
  const corpora = readCorpora(folder)
  if (corpora === null) return console.log(`\nno corpora in ${folder}: not measured`)
  const samples = [...corpora.traffic, ...corpora.tricky].map((line): Sample => ({ name: line.id, ...requestOf(line) }))
  // The clock of the wall for single requests: the lowest of five keeps other programs' time out.
  const each = samples.map((sample) => {
    const tries = Array.from({ length: 5 }, () => {
      inspector.forget()
      const before = process.hrtime.bigint()
      judgeOnce(inspector, sample)
      return Number(process.hrtime.bigint() - before) / 1000
    })
    return { us: Math.min(...tries), name: sample.name, bytes: sample.body?.length ?? 0 }
  })
  const sorted = each.toSorted((a, b) => a.us - b.us)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!.us
  const last = sorted.at(-1)!
  console.log(
    `\nbenign corpus, ${samples.length} requests, memory cleared each time: median ${at(0.5).toFixed(1)} us, p99 ${at(0.99).toFixed(1)} us, max ${last.us.toFixed(1)} us (${last.name}, ${last.bytes} bytes)`,
  )
}

function families(): void {
  const wanted = FAMILIES.filter(({ name }) => options.family === undefined || name.includes(options.family))
  console.log(`\nadversarial input: ns a byte at ${LENGTHS.map((length) => `${length / 1024} KiB`).join(', ')}`)
  const costs = wanted.map((family) => {
    const cost = costOfFamily(inspector, family)
    const bad = cost.growth > GROWTH_MAX || Math.max(...cost.nsPerByte) > NS_PER_BYTE_MAX
    console.log(
      `${bad ? '!' : ' '} ${family.name.padEnd(38)} ${cost.nsPerByte.map((ns) => ns.toFixed(1).padStart(7)).join('')}   grows ${cost.growth.toFixed(2)} x`,
    )
    return cost
  })
  const steepest = costs.toSorted((a, b) => b.growth - a.growth)[0]!
  const dearest = costs.toSorted((a, b) => b.nsPerByte.at(-1)! - a.nsPerByte.at(-1)!)[0]!
  console.log(`  median ${median(costs.map(({ nsPerByte }) => nsPerByte.at(-1)!)).toFixed(1)} ns a byte at the longest`)
  bar(`steepest family (${steepest.family.name})`, steepest.growth, GROWTH_MAX, 'x')
  bar(`dearest family (${dearest.family.name})`, dearest.nsPerByte.at(-1)!, NS_PER_BYTE_MAX, 'ns a byte')
}

async function modsecurity(): Promise<void> {
  await using rival = await startModsecurity()
  if (rival === null) {
    missed += 1
    return
  }
  console.log(`\nModSecurity: ${rival.versions}`)
  const rounds = options.quick ? 3 : 7
  for (const sample of [GET, POST]) {
    const costs = { ours: [] as number[], rules: [] as number[], plain: [] as number[] }
    let statuses = ''
    for (let round = 0; round < rounds; round++) {
      costs.ours.push(
        cpuOf(() => {
          for (let index = 0; index < 5000; index++) {
            inspector.forget()
            judgeOnce(inspector, sample)
          }
        }) / 5000,
      )
      const rules = await rival.cost(sample, { rules: true, count: 400 })
      costs.rules.push(rules.us)
      costs.plain.push((await rival.cost(sample, { rules: false, count: 5000 })).us)
      statuses = JSON.stringify(rules.statuses)
    }
    const theirs = median(costs.rules) - median(costs.plain)
    const ours = median(costs.ours)
    console.log(
      `  ${sample.name}: nginx ${median(costs.plain).toFixed(0)} us, with rules ${median(costs.rules).toFixed(0)} us (answers ${statuses}), so ${theirs.toFixed(0)} us; ours ${ours.toFixed(1)} us: ${(theirs / ours).toFixed(0)} x`,
    )
  }
}

function bar(name: string, figure: number, most: number, unit: string): void {
  const held = figure <= most
  if (!held) missed += 1
  console.log(`  bar ${name}: ${figure.toFixed(2)} ${unit}, bar ${most} ${unit}: ${held ? 'held' : 'missed'}`)
}
