import type { Stage } from '../context.ts'
import { hashDraw, isOneClient } from '../draw.ts'
import { headerOf } from '../exchange.ts'
import type { Exchange, Standing } from '../exchange.ts'
import type { Pool } from '../pool.ts'
import type { Routing, Trial } from '../routing.ts'
import { plainAddress } from '../client-address.ts'
import { bucketFrom, CANARY_HEADER, offerCookie, roundedBucket, trialCookie } from '../trial-cookie.ts'
import type { Answer } from '../exchange.ts'

/**
 * Finds out on which side of a trial the client stands. That alone: which release answers is decided again when an
 * instance is claimed, so that a trial that ended a moment ago gets nothing more.
 */
export const choose: Stage = (exchange, context) => {
  const routing = context.routing.current
  if (routing === null || routing.trial === null || exchange.place === null) return null
  exchange.standing = standingOf(exchange, routing.trial)
  const backend = trialFor(exchange, routing)?.services[exchange.place.service]
  // What the release on trial does not have, or has no instance of, the live one answers.
  if (backend !== undefined && backend.kind !== 'none') exchange.place = { ...exchange.place, backend }
  return null
}

/** The instances that this exchange may go to, by the table of this moment. */
export function poolFor(exchange: Exchange, routing: Routing | null): Pool | undefined {
  const { service } = exchange.place!
  return trialFor(exchange, routing)?.pools.get(service) ?? routing?.pools.get(service)
}

/** Sends the client's place along, once, while its trial runs. Who asked for a side by header keeps nothing. */
export function keepStanding(exchange: Exchange, routing: Routing | null, answer: Answer): void {
  const { standing, client } = exchange
  if (standing === null || !standing.fresh || routing?.trial?.release !== standing.release) return
  offerCookie(answer.headers, trialCookie(standing.release, standing.bucket, { secure: client.secure }))
}

function trialFor({ standing }: Exchange, routing: Routing | null): Trial | null {
  const trial = routing?.trial ?? null
  const isOn = trial !== null && standing?.release === trial.release && standing.bucket < trial.share
  return isOn ? trial : null
}

function standingOf(exchange: Exchange, trial: Trial): Standing {
  const { release } = trial
  const { headers } = exchange.head
  const wish = headerOf(headers, CANARY_HEADER)?.trim().toLowerCase()
  if (wish === 'always') return { release, bucket: -1, addressed: true, fresh: false }
  if (wish === 'never') return { release, bucket: Infinity, addressed: true, fresh: false }
  const known = bucketFrom(headers, release)
  if (known !== null) return { release, bucket: known, addressed: false, fresh: false }
  // By its address a client that keeps no cookies stays on its side, too.
  const { clientAddress, client } = exchange
  const isKnown = isOneClient(plainAddress(clientAddress), plainAddress(client.peer.address))
  const bucket = roundedBucket(isKnown ? hashDraw(`${release} ${clientAddress}`) : trial.draw())
  return { release, bucket, addressed: false, fresh: true }
}
