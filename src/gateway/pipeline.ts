import { compressed } from './compression/compress.ts'
import type { Context, Stage } from './context.ts'
import { plainAnswer } from './exchange.ts'
import type { Answer, Exchange } from './exchange.ts'
import { acmeChallenge } from './stages/acme-challenge.ts'
import { choose } from './stages/choose.ts'
import { forward } from './stages/forward.ts'
import { GUARD_STAGES } from './stages/guard/index.ts'
import { identify } from './stages/identify.ts'
import { pause } from './stages/pause.ts'
import { redirectToHttps } from './stages/redirect-to-https.ts'
import { record, recordOpened } from './stages/record.ts'
import { respond } from './stages/respond.ts'
import { route, stopped } from './stages/route.ts'
import { staticFiles } from './stages/static-files.ts'

/** The order in which a request is judged and served. Whatever answers, `respond` and `record` follow. */
export const STAGES: readonly Stage[] = [
  identify,
  acmeChallenge,
  redirectToHttps,
  ...GUARD_STAGES,
  route,
  pause,
  choose,
  stopped,
  staticFiles,
  forward,
]

/** Serves one exchange to its end. Never rejects. */
export async function serve(exchange: Exchange, context: Context): Promise<void> {
  const answer = compressed(exchange, context, respond(exchange, context, await answerOf(exchange, context)))
  const idleMs = context.routing.current?.table.timeouts.idleMs ?? IDLE_MS_WITHOUT_TABLE
  if (answer.kind === 'upgraded') recordOpened(exchange, context)
  exchange.client.send(answer, { idleMs }, (outcome) => {
    for (const listener of exchange.ended) listener()
    record(exchange, context, { status: answer.status, outcome })
  })
}

async function answerOf(exchange: Exchange, context: Context): Promise<Answer> {
  try {
    for (const stage of STAGES) {
      const result = stage(exchange, context)
      // Only a stage that has to wait costs a turn of the event loop.
      const answer = result instanceof Promise ? await result : result
      if (answer !== null) return answer
    }
  } catch (error) {
    context.onBug(error)
    return plainAnswer(500, 'The gateway failed to serve this request.')
  }
  return plainAnswer(404, 'Nothing is served here.')
}

const IDLE_MS_WITHOUT_TABLE = 30_000
