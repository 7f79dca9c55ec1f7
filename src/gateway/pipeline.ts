import { compressed } from './compression/compress.ts'
import type { Context, Stage } from './context.ts'
import { plainAnswer } from './exchange.ts'
import type { Answer, Exchange } from './exchange.ts'
import { acmeChallenge } from './stages/acme-challenge.ts'
import { choose } from './stages/choose.ts'
import { forward } from './stages/forward.ts'
import { POLICY_STAGES, reputation } from './stages/guard/index.ts'
import { identify } from './stages/identify.ts'
import { pause } from './stages/pause.ts'
import { redirectToHttps } from './stages/redirect-to-https.ts'
import { record, recordOpened } from './stages/record.ts'
import { respond } from './stages/respond.ts'
import { route, stopped } from './stages/route.ts'
import { staticFiles } from './stages/static-files.ts'

/** The order in which a request is judged and served; `forward` takes what none of them has answered. Whatever answers, `respond` and `record` follow. */
export const STAGES: readonly Stage[] = [
  identify,
  acmeChallenge,
  redirectToHttps,
  // Is this address blocked?
  reputation,
  ...POLICY_STAGES,
  route,
  pause,
  choose,
  stopped,
  staticFiles,
]

const FIRST_OF_POLICY = STAGES.indexOf(POLICY_STAGES[0]!)
const BEHIND_POLICY = FIRST_OF_POLICY + POLICY_STAGES.length

/** Serves one exchange to its end. Never throws. */
export function serve(exchange: Exchange, context: Context): void {
  judge(exchange, context, 0)
}

/** Asks the stages in order. Only one that has to wait costs a turn of the event loop. */
function judge(exchange: Exchange, context: Context, from: number): void {
  try {
    for (let index = from; index < STAGES.length; index++) {
      if (index === FIRST_OF_POLICY && context.guard.policy === null) index = BEHIND_POLICY
      const result = STAGES[index]!(exchange, context)
      if (result === null) continue
      return result instanceof Promise ? wait(exchange, context, result, index) : answer(exchange, context, result)
    }
    forward(exchange, context, answer)
  } catch (error) {
    fail(exchange, context, error)
  }
}

/** For itself: a function that is made where the stages are asked would cost every request a scope for each of them. */
function wait(exchange: Exchange, context: Context, result: Promise<Answer | null>, index: number): void {
  result.then(
    (later) => (later === null ? judge(exchange, context, index + 1) : answer(exchange, context, later)),
    (error: unknown) => fail(exchange, context, error),
  )
}

function fail(exchange: Exchange, context: Context, error: unknown): void {
  context.onBug(error)
  answer(exchange, context, plainAnswer(500, 'The gateway failed to serve this request.'))
}

function answer(exchange: Exchange, context: Context, given: Answer): void {
  try {
    const final = compressed(exchange, context, respond(exchange, context, given))
    const idleMs = context.routing.current?.table.timeouts.idleMs ?? IDLE_MS_WITHOUT_TABLE
    if (final.kind === 'upgraded') recordOpened(exchange, context)
    exchange.client.send(final, { idleMs }, (outcome) => {
      exchange.end()
      record(exchange, context, { status: exchange.refusedWith ?? final.status, outcome })
    })
  } catch (error) {
    // Nobody is left who could answer.
    context.onBug(error)
    exchange.client.cut('aborted')
  }
}

const IDLE_MS_WITHOUT_TABLE = 30_000
