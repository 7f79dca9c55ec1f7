/**
 * Mutated messages through the strict reader, with Node's parser as the reference: what we accept, it must have read in the same way.
 * `npm run fuzz:http1 -- [--count N] [--seed S] [--answers]`; a stream that differs is printed with its own seed. Exits 1 if any does.
 */
import { parseArgs } from 'node:util'
import { fuzz } from './http1/fuzz.ts'

/** Characters of a stream that are printed; its seed gives the rest. */
const SHOWN_MAX = 2_000

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: '1' },
    answers: { type: 'boolean', default: false },
  },
})
const count = Number(values.count)
const seed = Number(values.seed)
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed)) {
  console.error('--count and --seed take whole numbers')
  process.exit(2)
}
const before = process.cpuUsage()
let told = 0
const result = await fuzz({
  side: values.answers ? 'answers' : 'requests',
  count,
  seed,
  onProgress(done) {
    if (done < told + 100_000) return
    told = done
    console.log(`${done} streams`)
  },
})
const { user, system } = process.cpuUsage(before)
const { differences, refused, stricter, ...sums } = result
console.log(JSON.stringify({ ...sums, refused: sorted(refused), stricter: sorted(stricter) }, null, 2))
console.log(
  `CPU ${((user + system) / 1e6).toFixed(1)} s, memory at most ${Math.round(process.resourceUsage().maxRSS / 1024)} MiB`,
)
for (const { seed, text, what } of differences)
  console.log(`\nseed ${seed}: ${what}\n${JSON.stringify(text).slice(0, SHOWN_MAX)}`)
console.log(`${sums.streams} streams, ${differences.length} read differently`)
process.exit(differences.length === 0 ? 0 : 1)

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).toSorted(([, one], [, other]) => other - one))
}
