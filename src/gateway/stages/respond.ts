import { monotonicNs } from '../../core/clock.ts'
import { isCorsField, withoutWildcardCredentials } from '../../guard/answer/cors.ts'
import type { Context } from '../context.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { addVary, withName } from '../headers.ts'
import { noteLogin } from '../logins.ts'
import { RelayedAnswer, replaceField } from '../relayed-answer.ts'
import { isSecure } from '../secure.ts'
import { keepStanding } from './choose.ts'

/** Puts on every answer what every answer carries, also on refusals and errors. */
export function respond(exchange: Exchange, context: Context, answer: Answer): Answer {
  exchange.answeredNs = answer instanceof RelayedAnswer ? answer.arrivedNs : monotonicNs()
  noteLogin(exchange, context, answer.status)
  const extra = exchange.place?.options?.headers
  if (extra !== undefined) {
    for (const [name, value] of Object.entries(extra)) setField(answer, name, value)
  }
  const { answerFields, correlationId } = exchange
  const release = exchange.release ?? context.routing.current?.table.release ?? 'none'
  if (answer instanceof RelayedAnswer) {
    answer.replaceOwn(answerFields, 'Seaworthy-Release', release, 'X-Correlation-Id', correlationId)
  } else {
    for (let index = 0; index < answerFields.length; index += 2) {
      replaceField(answer.headers, answerFields[index]!, answerFields[index + 1]!)
    }
    replaceField(answer.headers, 'Seaworthy-Release', release)
    replaceField(answer.headers, 'X-Correlation-Id', correlationId)
  }
  keepStanding(exchange, context.routing.current, answer)
  sayToOtherSites(exchange, answer)
  if (context.guard.policy !== null) {
    // What passes as bytes goes on doing so.
    const isRelayed = answer instanceof RelayedAnswer && answer.untouched !== null
    context.guard.securityHeaders(isRelayed ? answer : answer.headers, isSecure(exchange))
  }
  return answer
}

/** The same for what never became an exchange. */
export function headersWithoutExchange(
  context: Context,
  { correlationId, secure }: { readonly correlationId: string; readonly secure: boolean },
): string[] {
  const release = context.routing.current?.table.release ?? 'none'
  const headers = ['Seaworthy-Release', release, 'X-Correlation-Id', correlationId]
  context.guard.securityHeaders(headers, secure)
  return headers
}

function sayToOtherSites({ cors }: Exchange, answer: Answer): void {
  if (cors === null) {
    // Asked first, so that an answer that passes as bytes goes on doing so.
    const has = !(answer instanceof RelayedAnswer) || answer.get('access-control-allow-credentials') !== undefined
    return has ? withoutWildcardCredentials(answer.headers) : undefined
  }
  if (answer instanceof RelayedAnswer && !answer.has(isCorsField)) {
    // What passes as bytes goes on doing so.
    for (let index = 0; index < cors.length; index += 2) {
      if (cors[index] === 'Vary') answer.replace('Vary', withName(answer.all('vary'), cors[index + 1]!))
      else answer.replace(cors[index]!, cors[index + 1]!)
    }
    return
  }
  const { headers } = answer
  for (let index = headers.length - 2; index >= 0; index -= 2) {
    if (isCorsField(headers[index]!.toLowerCase())) headers.splice(index, 2)
  }
  for (let index = 0; index < cors.length; index += 2) {
    if (cors[index] === 'Vary') addVary(headers, cors[index + 1]!)
    else headers.push(cors[index]!, cors[index + 1]!)
  }
}

function setField(answer: Answer, name: string, value: string): void {
  if (answer instanceof RelayedAnswer) answer.replace(name, value)
  else replaceField(answer.headers, name, value)
}
