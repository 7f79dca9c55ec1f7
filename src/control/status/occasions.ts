import type { ResolvedApp } from '../../config/resolved.ts'
import { Problem } from '../../core/problem.ts'
import type { Sample } from '../../core/series/series.ts'
import type { Range, SeriesQuery } from '../../observe/series/query.ts'
import type { Expression } from '../../promises/expression.ts'
import { objectiveId } from '../../promises/objective.ts'
import { objectivesOf } from '../../promises/objectives.ts'
import { isOccasional } from '../../promises/shown/occasional.ts'
import { outageStanding, rollbackStanding, upOf, type Recovery, type WayBack } from '../../promises/shown/recovery.ts'
import {
  BACK_MS,
  STEP_MS,
  throughputQuestion,
  throughputStanding,
  type Rates,
  type Throughput,
} from '../../promises/shown/throughput.ts'
import { NOT_WATCHED, type Stood } from '../../promises/stood.ts'
import type { Events } from '../../promises/events.ts'

/**
 * Where those objectives stand that only an occasion shows: looks through the last day, so it is asked when somebody wants to know
 * and not at every beat. What the series refuse to say leaves an objective unwatched and is told.
 */
export async function lookAtOccasions(
  query: Pick<SeriesQuery, 'range' | 'raw'>,
  app: ResolvedApp,
  atMs: number,
  waysBack: readonly WayBack[],
): Promise<{ readonly stood: Readonly<Record<string, Stood>>; readonly because: string | null }> {
  const stood: Record<string, Stood> = {}
  const refusals: string[] = []
  for (const objective of objectivesOf(app).filter(isOccasional)) {
    try {
      stood[objectiveId(objective)] =
        objective.kind === 'throughput'
          ? await rushes(query, app, objective, atMs)
          : await recoveries(query, objective, atMs, waysBack)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusals.push(error.message)
      stood[objectiveId(objective)] = NOT_WATCHED
    }
  }
  return { stood, because: refusals[0] ?? null }
}

async function rushes(
  query: Pick<SeriesQuery, 'range' | 'raw'>,
  app: ResolvedApp,
  objective: Throughput,
  atMs: number,
): Promise<Stood> {
  const question = throughputQuestion(app, objective)
  const range: Range = { startMs: atMs - BACK_MS + STEP_MS, endMs: atMs, stepMs: STEP_MS }
  const requests = await ratesOf(query, question.requests, range)
  const parts: ReadonlyMap<number, Rates>[] = []
  for (const { events } of question.parts) parts.push(await ratesOf(query, events, range))
  const steps = Array.from(requests, ([at, rates]) => ({
    ...rates,
    parts: parts.map((part) => part.get(at) ?? { total: 0, bad: 0 }),
  }))
  return throughputStanding(question, steps)
}

async function ratesOf(
  query: Pick<SeriesQuery, 'range' | 'raw'>,
  { total, bad }: Pick<Events, 'bad' | 'total'>,
  range: Range,
): Promise<ReadonlyMap<number, Rates>> {
  const totals = await pointsOf(query, total, range)
  // Where nothing bad was ever seen there is no series of it.
  const bads = new Map((await pointsOf(query, bad, range)).map(({ atMs, value }) => [atMs, value]))
  return new Map(totals.map(({ atMs, value }) => [atMs, { total: value ?? 0, bad: bads.get(atMs) ?? 0 }]))
}

async function recoveries(
  query: Pick<SeriesQuery, 'range' | 'raw'>,
  objective: Recovery,
  atMs: number,
  waysBack: readonly WayBack[],
): Promise<Stood> {
  if (objective.what === 'rollback') return rollbackStanding(objective, waysBack)
  const up = upOf(objective)
  if (up === null) return NOT_WATCHED
  const [series] = await query.raw(up, { fromMs: atMs - BACK_MS, toMs: atMs })
  return outageStanding(objective, series?.samples ?? [], atMs)
}

/** The one series that an expression yields; none, or several, say nothing. */
async function pointsOf(
  query: Pick<SeriesQuery, 'range' | 'raw'>,
  expression: Expression,
  range: Range,
): Promise<readonly Sample[]> {
  const [first, second] = await query.range(expression, range)
  if (first === undefined || second !== undefined) return []
  return first.samples.filter(({ value }) => value !== null && Number.isFinite(value))
}
