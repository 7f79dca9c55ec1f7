import type { ResolvedApp } from '../config/resolved.ts'

/** What to say when the config asks for another port than the gateway's, which a deploy cannot change; null: nothing. */
export function listenNotice({ gateway }: Pick<ResolvedApp, 'gateway'>, url: string): string | null {
  const port = Number(new URL(url).port || 80)
  if (gateway.http === 0 || gateway.http === port) return null
  return (
    `gateway.listen.http is ${gateway.http}, but the gateway listens on ${port}: its socket is opened when the environment ` +
    'comes up. Run `seaworthy stop`, then `seaworthy up`.'
  )
}
