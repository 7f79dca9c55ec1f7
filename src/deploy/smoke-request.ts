import type { ResolvedSmoke } from '../config/resolved.ts'
import type { Scrub } from '../core/scrub.ts'
import { ask, judgeLook, type Endpoint } from './probe.ts'
import type { Look } from './target.ts'

/** A smoke request without its own limit must be answered by then. */
const SMOKE_WITHIN_MS = 10_000

/** Sends one smoke request, whatever comes of it. */
export async function askSmoke(endpoint: Endpoint, { request, expect }: ResolvedSmoke): Promise<Look> {
  const { method, path } = request
  const nothing = { what: `${method} ${path}`, path, status: null, location: null, body: '', error: null }
  return ask(endpoint, path, expect.withinMs ?? SMOKE_WITHIN_MS, method).then(
    (answer) => ({ ...nothing, ...answer }),
    (error: NodeJS.ErrnoException) => ({ ...nothing, error: { code: error.code ?? '', message: error.message } }),
  )
}

/** Why a smoke request was not answered as expected; null when it was. */
export function judgeSmoke(look: Look, { expect }: ResolvedSmoke, scrub: Scrub): string | null {
  const failure = judgeLook(look, expect, scrub)
  return failure && scrub(failure)
}
