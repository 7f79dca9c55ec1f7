/**
 * `prove-all.ts [--target TARGET]… [--only NAME]… [--seed N]`: the whole contract, every scenario on every target, a line for each.
 * Ends with `N passed, N failed, N skipped (why)`; exit code 1 when anything failed.
 */
import { parseArgs } from 'node:util'
import { seedOf } from '../../seeded/some.ts'
import { draw } from './draw.ts'
import { grounds } from './grounds.ts'
import { TARGETS, type Target } from './place.ts'
import { Places } from './places.ts'
import type { Scenario } from './scenario.ts'
import { SCENARIOS } from './scenarios.ts'

const USAGE = `bin/prove-all [--target TARGET]... [--only SCENARIO]... [--seed N]

Every scenario of the contract on every target, in an order that the seed draws: an hour on two cores.
  --target   ${TARGETS.join(', ')}; as often as wanted (default: all)
  --only     a scenario by its name; as often as wanted (default: all)
  --seed     of an earlier run, to draw the same again (default: $SEED, or by chance)

Scenarios:
${SCENARIOS.map(({ name }) => `  ${name}`).join('\n')}`

const { targets, wanted, seed } = asked()

const counts = { passed: 0, failed: 0, skipped: 0 }
const reasons = new Set<string>()
const failures: string[] = []
console.log(`SEED=${seed}: the order of the scenarios, and what else is drawn`)
for (const target of targets) await prove(target)
for (const text of failures) console.log(`\n${text}`)
const why = counts.skipped === 0 ? '' : ` (${[...reasons].join('; ')})`
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped${why}`)
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1

/** What the command line asks for; what it cannot mean ends the program, with what it could. */
function asked(): { readonly targets: readonly Target[]; readonly wanted: readonly Scenario[]; readonly seed: number } {
  try {
    const { values } = parseArgs({
      options: {
        target: { type: 'string', multiple: true, default: [...TARGETS] },
        only: { type: 'string', multiple: true, default: [] },
        seed: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    })
    if (values.help) {
      console.log(USAGE)
      process.exit(0)
    }
    const known = SCENARIOS.map(({ name }) => name)
    return {
      targets: TARGETS.filter((name) => oneOf(TARGETS, values.target, '--target').includes(name)),
      wanted: SCENARIOS.filter(
        ({ name }) => values.only.length === 0 || oneOf(known, values.only, '--only').includes(name),
      ),
      seed: seedOf(values.seed ?? process.env['SEED']),
    }
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`)
    process.exit(2)
  }
}

function oneOf(known: readonly string[], given: readonly string[], option: string): readonly string[] {
  const strange = given.filter((name) => !known.includes(name))
  if (strange.length > 0) throw new Error(`${option} ${strange.join(', ')}: there is no such one`)
  return given
}

async function prove(target: Target): Promise<void> {
  const made = await grounds[target]()
  if ('lacks' in made) {
    for (const { name } of wanted) tell(target, name, `skipped: ${made.lacks}`, performance.now())
    counts.skipped += wanted.length
    reasons.add(`${target}: ${made.lacks}`)
    return
  }
  await using places = new Places(made)
  for (const scenario of draw(wanted, { target, seed, seconds: Infinity })) await proveOne(target, scenario, places)
  const begun = performance.now()
  const left = await places.end().catch((error: unknown) => [String(error)])
  count(target, 'nothing is left', left.length === 0 ? null : left.join('\n'), begun)
}

async function proveOne(target: Target, scenario: Scenario, places: Places): Promise<void> {
  const { name } = scenario
  const begun = performance.now()
  // As it comes: some take half an hour.
  const diagnostic = (text: string): void => tell(target, name, `… ${text}`, begun)
  try {
    await places.run(scenario, { diagnostic, some: (list) => list })
    count(target, name, null, begun)
  } catch (error) {
    count(target, name, error instanceof Error ? (error.stack ?? error.message) : String(error), begun)
  }
}

function count(target: Target, name: string, failure: string | null, begun: number): void {
  counts[failure === null ? 'passed' : 'failed'] += 1
  if (failure !== null) failures.push(`${target}: ${name}\n${failure}`)
  tell(target, name, failure === null ? 'passed' : 'failed', begun)
}

function tell(target: Target, name: string, text: string, begun: number): void {
  const seconds = ((performance.now() - begun) / 1000).toFixed(1)
  console.log(`${target.padEnd(10)}  ${name.padEnd(28)}  ${seconds.padStart(6)} s  ${text}`)
}
