import type { SetName } from './lines.ts'
import { groupBy, percent, tally } from './score.ts'
import type { Judged } from './score.ts'

/** Every way in which the sets are cut: blocked, and told without being blocked. */
export function printTables(judged: Readonly<Record<SetName, Judged[]>>, hinted: readonly Judged[]): void {
  const { payloads, mixed, regression, traffic, tricky } = judged
  table('payloads, by category', payloads, ({ line }) => line.category)
  table('payloads, by place', payloads, ({ line }) => line.placement ?? '-')
  table('mixed, by category', mixed, ({ line }) => line.category)
  const plain = mixed.filter(({ line }) => !/^base64/i.test(line.encoder ?? ''))
  table('mixed without base64 forms, by category', plain, ({ line }) => line.category)
  table('mixed, by encoder and place', mixed, ({ line }) => `${line.encoder} ${line.placement}`)
  table('regression, by level', regression, ({ line }) => `level ${line.pl}`)
  const wanted = regression.filter(({ line }) => (line.pl ?? 0) <= 2)
  table('regression, by category and level', wanted, ({ line }) => `${line.category} ${line.pl}`)
  table('benign, by tier', [...traffic, ...tricky], ({ line }) => line.tier ?? '-')
  table('benign, by category', [...traffic, ...tricky], ({ line }) => `${line.tier} ${line.category}`)
  table('content with hints', hinted, ({ line }) => line.category)
  table('negative tests of rules', judged['benign-regression'], ({ line }) => line.category)
}

function table(title: string, lines: readonly Judged[], keyOf: (judged: Judged) => string): void {
  console.log(`\n${title}`)
  for (const [key, group] of [...groupBy(lines, keyOf)].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const counted = tally(group)
    console.log(
      `  ${key.padEnd(36)} ${percent(counted).toFixed(1).padStart(6)} % blocked ${`${counted.blocked}/${counted.total}`.padStart(10)}   told ${counted.told}`,
    )
  }
}

export function listMissed(
  judged: Readonly<Record<SetName, Judged[]>>,
  category: string | undefined,
  most: number,
): void {
  const attacks = [...judged.payloads, ...judged.mixed, ...judged.regression.filter(({ line }) => line.pl === 1)]
  const missed = attacks.filter(
    ({ line, verdict }) => !verdict.refused && (category === undefined || line.category === category),
  )
  console.log(`${missed.length} missed`)
  for (const { line, verdict } of spread(missed, most)) {
    console.log(`\n${line.id} ${line.category} ${line.placement ?? ''} ${line.encoder ?? ''}`)
    console.log(`  ${line.method} ${line.path.slice(0, 300)}`)
    const headers = Object.entries(line.headers).filter(([name]) => !/^(?:host|accept.*)$/i.test(name))
    if (line.placement !== 'query') console.log(`  ${JSON.stringify(Object.fromEntries(headers)).slice(0, 300)}`)
    if (line.body !== null) console.log(`  ${line.body.slice(-400)}`)
    if (verdict.evidence.length > 0) console.log(`  score ${verdict.score}: ${verdict.evidence.map(shown).join(' | ')}`)
  }
}

export function listFalse(
  judged: Readonly<Record<string, readonly Judged[]>>,
  category: string | undefined,
  most: number,
): void {
  const wrong = Object.entries(judged).flatMap(([set, lines]) =>
    lines
      .filter(({ line, verdict }) => line.expect === 'benign' && verdict.refused)
      .filter(({ line }) => category === undefined || line.category === category || line.tier === category)
      .map((entry) => ({ set, ...entry })),
  )
  console.log(`${wrong.length} blocked`)
  for (const [rule, lines] of groupBy(wrong, ({ verdict }) => verdict.evidence[0]!.rule)) {
    console.log(`  ${String(lines.length).padStart(5)} ${rule}`)
  }
  for (const { set, line, verdict } of spread(wrong, most)) {
    console.log(`\n${set} ${line.id} ${line.tier} ${line.category} ${line.method} ${line.path.slice(0, 100)}`)
    for (const evidence of verdict.evidence) console.log(`  ${shown(evidence)}`)
  }
}

function shown(evidence: Judged['verdict']['evidence'][number]): string {
  const { rule, location, name, excerpt, score } = evidence
  return `${score} ${rule} ${location}:${name} ${JSON.stringify(excerpt)}`
}

/** At most so many, evenly over the whole. */
function spread<Item>(items: readonly Item[], most: number): Item[] {
  const step = Math.max(1, items.length / most)
  return items.filter((_, index) => Math.floor(index / step) !== Math.floor((index - 1) / step)).slice(0, most)
}
