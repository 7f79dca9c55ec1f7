import { Problem } from '../../core/problem.ts'
import type { ResolvedApp } from '../../config/resolved.ts'
import { onlyValue, type SeriesQuery } from '../../observe/series/query.ts'
import type { Expression } from '../../promises/expression.ts'
import { objectiveId } from '../../promises/objective.ts'
import { objectivesOf } from '../../promises/objectives.ts'
import { questionsOf, standingOf, type Answer, type Question } from '../../promises/standing.ts'
import { NOT_WATCHED, type Stood } from '../../promises/stood.ts'
import type { PromiseReport } from '../api/promises-methods.ts'

/**
 * Asks the series once for each thing that the objectives of an app want to know. What they refuse to say, or a Prometheus
 * that is away, leaves an objective unwatched and is told: it is not met, and no reason to say nothing of the others.
 */
export async function lookAtPromises(
  query: Pick<SeriesQuery, 'instant'>,
  app: ResolvedApp,
  atMs: number,
): Promise<Pick<PromiseReport, 'stood' | 'connectionsMax' | 'because'>> {
  const objectives = new Map(objectivesOf(app).map((each) => [objectiveId(each), each]))
  const stood: Record<string, Stood> = {}
  const refusals: string[] = []
  const orElse = async <T>(asked: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await asked
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      refusals.push(error.message)
      return otherwise
    }
  }
  for (const question of questionsOf(app)) {
    const answer = await orElse(ask(query, question, atMs), null)
    stood[question.objective] = answer === null ? NOT_WATCHED : standingOf(objectives.get(question.objective)!, answer)
  }
  const limits = await orElse(query.instant(LIMITS, atMs), [])
  const connectionsMax = Object.fromEntries(limits.map(({ labels, value }) => [labels['need'] ?? '', value]))
  return { stood, connectionsMax, because: refusals[0] ?? null }
}

const LIMITS: Expression = { kind: 'selector', metric: 'seaworthy_postgres_connections_limit', matchers: [] }

async function ask(query: Pick<SeriesQuery, 'instant'>, question: Question, atMs: number): Promise<Answer> {
  if (question.kind === 'age') return { kind: 'age', seconds: await onlyValue(query, question.seconds, atMs) }
  if (question.kind === 'lag') {
    const worst = question.worst === null ? null : await onlyValue(query, question.worst, atMs)
    return { kind: 'lag', now: await onlyValue(query, question.now, atMs), worst }
  }
  const count = await onlyValue(query, question.count, atMs)
  const badCount = await onlyValue(query, question.badCount, atMs)
  let burns = false
  for (const condition of question.burning) burns ||= (await query.instant(condition, atMs)).length > 0
  return { kind: 'budget', count, badCount, burns }
}
