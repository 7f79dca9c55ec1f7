import { Problem } from '../../core/problem.ts'
import type { ResolvedApp } from '../../config/resolved.ts'
import { onlyValue, type SeriesQuery } from '../../observe/series/query.ts'
import { objectiveId } from '../../promises/objective.ts'
import { objectivesOf } from '../../promises/objectives.ts'
import { questionsOf, standingOf, type Answer, type Question, type Stood } from '../../promises/standing.ts'
import type { PromiseReport, PromisesMethods } from '../api/promises-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'

/** `query`: null where nothing is collected: then nothing is known, which is not met. */
export function promiseHandlers(control: Control, query: SeriesQuery | null): Pick<Handlers, keyof PromisesMethods> {
  return {
    'promise.look': async () => {
      const { live } = (await control.status()).world
      const config = live === null ? null : (control.state.release(live)?.config ?? null)
      const at = control.clock.now()
      if (config === null) return unseen(live, at, 'nothing is live')
      if (query === null) return unseen(live, at, 'nothing is collected')
      try {
        return { release: live, at, because: null, ...(await lookAtPromises(query, config, at)) }
      } catch (error) {
        // A Prometheus that is away says nothing of the promises.
        if (error instanceof Problem) return unseen(live, at, error.message)
        throw error
      }
    },
  }
}

function unseen(release: string | null, at: number, because: string): PromiseReport {
  return { release, at, because, stood: {}, connectionsMax: {} }
}

/** Asks the series once for each thing that the objectives of an app want to know. */
export async function lookAtPromises(
  query: Pick<SeriesQuery, 'instant'>,
  app: ResolvedApp,
  atMs: number,
): Promise<Pick<PromiseReport, 'stood' | 'connectionsMax'>> {
  const objectives = new Map(objectivesOf(app).map((each) => [objectiveId(each), each]))
  const stood: Record<string, Stood> = {}
  for (const question of questionsOf(app))
    stood[question.objective] = standingOf(objectives.get(question.objective)!, await ask(query, question, atMs))
  const limits = await query.instant(
    { kind: 'selector', metric: 'seaworthy_postgres_connections_limit', matchers: [] },
    atMs,
  )
  return { stood, connectionsMax: Object.fromEntries(limits.map(({ labels, value }) => [labels['need'] ?? '', value])) }
}

async function ask(query: Pick<SeriesQuery, 'instant'>, question: Question, atMs: number): Promise<Answer> {
  if (question.kind === 'age') return { kind: 'age', seconds: await onlyValue(query, question.seconds, atMs) }
  const count = await onlyValue(query, question.count, atMs)
  const badCount = await onlyValue(query, question.badCount, atMs)
  let burns = false
  for (const condition of question.burning) burns ||= (await query.instant(condition, atMs)).length > 0
  return { kind: 'budget', count, badCount, burns }
}
