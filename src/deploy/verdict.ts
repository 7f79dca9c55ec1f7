import { saysNotReady } from './diagnosis/answer.ts'
import type { Look, Probe } from './target.ts'

/** One look as a probe. `expectsBody`: the check reads the body itself, so nobody else has to. @default true */
export function verdict(because: string | null, look: Look | null, tookMs: number, expectsBody = true): Probe {
  if (because !== null) return { kind: 'fail', because, look, tookMs }
  const isGood = look !== null && look.status !== null && look.status < 300
  const words = isGood && !expectsBody ? saysNotReady(look.body) : null
  const note =
    words &&
    `${look!.what} passes with ${look!.status}, though its body says '${words}'; \`health.expect.body\` decides`
  return { kind: 'pass', tookMs, note }
}
