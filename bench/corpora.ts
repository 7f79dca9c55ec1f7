/**
 * `npm run corpora`: the guard over labelled requests, scored as their README says, against the acceptance table.
 *
 *   --dir DIR        the folder of the corpora [env SEAWORTHY_CORPORA, else ../shared/corpora beside the repository]
 *   --category NAME  this category alone, with --missed or --false
 *   --missed N       lists N attacks that were let through
 *   --false N        lists N benign lines that were blocked, with the evidence
 *   --half even|odd  judges every second line alone: tune on one half, look at the other
 *
 * Exit code 1 when a target is missed.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { acceptance } from './corpora/acceptance.ts'
import { readCorpora } from './corpora/lines.ts'
import type { SetName } from './corpora/lines.ts'
import { listFalse, listMissed, printTables } from './corpora/print.ts'
import { guardWith, hintedFields, judge, judgeAll } from './corpora/score.ts'
import type { Judged } from './corpora/score.ts'

const { values: options } = parseArgs({
  options: {
    dir: { type: 'string' },
    category: { type: 'string' },
    missed: { type: 'string' },
    false: { type: 'string' },
    half: { type: 'string' },
  },
})

const folder = options.dir ?? process.env.SEAWORTHY_CORPORA ?? join(import.meta.dirname, '../../shared/corpora')
const corpora = readCorpora(folder)
if (corpora === null) {
  console.log(`no corpora in ${folder}: nothing was judged (--dir DIR or SEAWORTHY_CORPORA names their folder)`)
  process.exit(0)
}

const wanted = options.half === undefined ? null : options.half === 'even' ? 0 : 1
const judged = Object.fromEntries(
  Object.entries(corpora).map(([name, lines]) => [
    name,
    judgeAll(lines.filter((_, index) => wanted === null || index % 2 === wanted)),
  ]),
) as Record<SetName, Judged[]>
const hinted = judged.traffic
  .filter(({ line }) => line.tier === 'content')
  .map(({ line }): Judged => ({ line, verdict: judge(line, guardWith(hintedFields(line))) }))

if (options.missed !== undefined) {
  listMissed(judged, options.category, Number(options.missed))
} else if (options.false !== undefined) {
  listFalse({ ...judged, hinted }, options.category, Number(options.false))
} else {
  printTables(judged, hinted)
  const rows = acceptance(judged, hinted)
  for (const { measure, target, value, counts, anchor, held } of rows) {
    console.log(
      `${held ? 'held  ' : 'MISSED'} ${measure.padEnd(46)} ${value.padStart(8)} ${counts.padStart(12)}   target ${target.padEnd(9)} anchor ${anchor}`,
    )
  }
  const missed = rows.filter(({ held }) => !held).length
  console.log(`\n${rows.length - missed} of ${rows.length} targets held`)
  process.exitCode = missed === 0 ? 0 : 1
}
