import { monotonicNs } from '../../core/clock.ts'
import type { Context, Stage } from '../context.ts'
import { plainAnswer } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import type { Pause } from '../table.ts'
import { isPaused } from '../waiting-room.ts'
import type { WaitEnd } from '../waiting-room.ts'
import { route, unavailable } from './route.ts'

/** When to ask again during maintenance: longer than for a hiccup. */
export const MAINTENANCE_RETRY_SECONDS = 30

/**
 * Holds requests of a paused service, or answers them with the maintenance page. Before the stages that serve, so that a held
 * request is routed, and its instance chosen, by the table of the moment in which it goes on.
 */
export const pause: Stage = (exchange, context) => {
  const { service } = exchange.place!
  const current = context.routing.current!.table.pause
  if (current?.kind === 'maintenance' && isPaused(current, service)) {
    context.waitingRoom.countTurnedAway()
    return maintenance(exchange, current)
  }
  return context.waitingRoom.mustWait(service) ? hold(exchange, context) : null
}

async function hold(exchange: Exchange, context: Context): Promise<Answer | null> {
  const { body, client, place } = exchange
  const sinceNs = monotonicNs()
  const end = await context.waitingRoom.wait({
    service: place!.service,
    bodyBytes: body.present ? body.length : 0,
    onGone: (left) => client.onGone({ left }),
  })
  exchange.heldNs += monotonicNs() - sinceNs
  if (end !== 'forward') return refusal(exchange, context, end)
  exchange.onEnded({ ended: () => context.waitingRoom.ended() })
  // The table may be another one by now: no await between here and the claim.
  return route(exchange, context)
}

function refusal(exchange: Exchange, context: Context, end: Exclude<WaitEnd, 'forward'>): Answer {
  const current = context.routing.current!.table.pause
  if (end === 'maintenance' && current !== null) return maintenance(exchange, current)
  // No release is to blame for what the pause answers.
  exchange.paused = true
  if (end === 'left') return plainAnswer(499, 'The client has left.')
  return unavailable(REFUSALS[end])
}

function maintenance(exchange: Exchange, { page }: Pause): Answer {
  exchange.paused = true
  const headers = ['Retry-After', String(MAINTENANCE_RETRY_SECONDS)]
  if (page === null) return plainAnswer(503, 'This service is being maintained and will be back soon.', headers)
  const body = Buffer.from(page)
  return {
    kind: 'whole',
    status: 503,
    headers: [
      'Content-Type',
      'text/html; charset=utf-8',
      'Content-Length',
      String(body.length),
      'Cache-Control',
      'no-store',
      ...headers,
    ],
    body,
  }
}

const REFUSALS: Readonly<Record<'overflowed' | 'timedOut' | 'lost' | 'maintenance', string>> = {
  overflowed: 'This service is paused, and as many requests wait for it as may.',
  timedOut: 'This service is paused for longer than a request may wait.',
  lost: 'This service is paused, and the gateway that held the request ends.',
  maintenance: 'This service is being maintained and will be back soon.',
}
