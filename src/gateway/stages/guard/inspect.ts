import type { GuardRequest } from '../../../guard/request.ts'
import type { BodyInspector } from '../../../guard/inspect/body-inspection.ts'
import type { Inspector } from '../../../guard/inspect/inspector.ts'
import type { InspectVerdict } from '../../../guard/inspect/verdict.ts'
import type { Context, Stage } from '../../context.ts'
import { plainAnswer } from '../../exchange.ts'
import type { Answer, Exchange } from '../../exchange.ts'
import { guardRequestOf } from '../../guard-request.ts'
import { tell as tellEvent } from '../../tell.ts'
import { tooLarge } from '../attempt.ts'
import { readAhead } from './read-ahead.ts'

/**
 * Bytes of a body that are waited for, so that it is judged whole before anything of it goes on. What is longer is judged as
 * it passes: the upstream may have read a part of an attack by the time it is refused.
 */
export const JUDGED_WHOLE_BYTES = 131_072

/** Refuses what looks like an attack, or tells of it only where the route's mode is `monitor`. */
export const inspect: Stage = (exchange, context) => {
  const { inspector } = context.guard
  if (inspector === null) return null
  const request = guardRequestOf(exchange)
  const risk = context.guard.reputation.riskOf(exchange.clientAddress)
  const verdict = inspector.head(request, risk)
  if (verdict.told) tell(exchange, context, verdict)
  if (verdict.refused) return refusal(exchange)
  return exchange.body.present && !exchange.head.websocket
    ? judgeBody(exchange, context, { inspector, request, risk })
    : null
}

interface Judging {
  readonly inspector: Inspector
  readonly request: GuardRequest
  readonly risk: number
}

function judgeBody(exchange: Exchange, context: Context, judging: Judging): ReturnType<Stage> {
  const body = judging.inspector.body(judging.request, judging.risk)
  if (body === null) return null
  const bytesMax = bodyBytesMaxOf(exchange, context)
  const { ready, length } = exchange.body
  if ((ready?.length ?? length ?? 0) > bytesMax) return tooLarge(bytesMax)
  if (ready !== null && ready.length <= JUDGED_WHOLE_BYTES) {
    body.push(ready)
    return settled(exchange, context, body.end())
  }
  return judgeArriving(exchange, context, { judge: body, bytesMax })
}

/** The route's limit; it is chosen only later, but what is too large need not be judged. */
function bodyBytesMaxOf({ head: { method, host, path } }: Exchange, { routing: { current } }: Context): number {
  return current!.router.options(host, method, path)?.bodyBytesMax ?? current!.table.bodyBytesMax
}

async function judgeArriving(
  exchange: Exchange,
  context: Context,
  { judge, bytesMax }: { judge: BodyInspector; bytesMax: number },
): Promise<Answer | null> {
  const { requestMs } = context.routing.current!.table.timeouts
  const read = await readAhead(exchange, { bytesMax: JUDGED_WHOLE_BYTES, withinMs: requestMs })
  if (read.kind === 'gone') return plainAnswer(499, 'The client has left.')
  if (read.kind === 'slow') return plainAnswer(408, 'The request took too long to arrive.')
  if (read.bytes.length > bytesMax) return tooLarge(bytesMax)
  exchange.body = read.body
  judge.push(read.bytes)
  if (read.kind === 'whole') return settled(exchange, context, judge.end())
  const answer = settled(exchange, context, judge.push(NOTHING))
  if (answer !== null) return answer
  exchange.bodyFilter = filterOf(exchange, context, judge, read.bytes.length)
  return null
}

/** Judges what passes; the last call, without bytes, says that nothing follows. */
function filterOf(
  exchange: Exchange,
  context: Context,
  judge: BodyInspector,
  judged: number,
): (chunk: Buffer) => Answer | null {
  let replayed = judged
  let told = false
  return (chunk) => {
    // What was read ahead comes by once more.
    const fresh = chunk.subarray(Math.min(replayed, chunk.length))
    replayed -= chunk.length - fresh.length
    const verdict = chunk.length === 0 ? judge.end() : judge.push(fresh)
    if (verdict.told && (!told || verdict.refused)) {
      told = true
      tell(exchange, context, verdict)
    }
    return verdict.refused ? refusal(exchange) : null
  }
}

function settled(exchange: Exchange, context: Context, verdict: InspectVerdict): Answer | null {
  if (verdict.told) tell(exchange, context, verdict)
  return verdict.refused ? refusal(exchange) : null
}

/** Says nothing of what was found: whoever probes would learn from it. The id leads an operator to the event. */
function refusal(exchange: Exchange): Answer {
  return plainAnswer(403, `The request was refused. Its id is ${exchange.correlationId}.`)
}

function tell(exchange: Exchange, context: Context, verdict: InspectVerdict): void {
  tellEvent(exchange, context, {
    kind: 'threat',
    refused: verdict.refused,
    class: verdict.class,
    score: verdict.score,
    evidence: verdict.evidence,
    reason: `${verdict.evidence[0]!.rule} in ${verdict.evidence[0]!.location}`,
  })
}

const NOTHING = Buffer.alloc(0)
