import type { ResolvedApp } from '../config/resolved.ts'
import type { Channel } from '../control/api/hooks-methods.ts'
import { HEARTBEAT, PAGER } from '../observe/alerts/stages/route.ts'

/** Names of the secrets without which nobody can be told. */
export function channelSecrets({ alerts }: ResolvedApp): readonly string[] {
  const { channels = {}, pager = null, heartbeat = null } = alerts ?? {}
  return [...Object.values(channels).map(({ secret }) => secret), pager, heartbeat].filter((name) => name !== null)
}

/** Every way to tell somebody, with the value of its secret. */
export function channelsOf(
  { alerts }: ResolvedApp,
  valueOf: (secret: string) => string,
): Readonly<Record<string, Channel>> {
  const { channels = {}, pager = null, heartbeat = null } = alerts ?? {}
  const declared = Object.entries(channels).map(([name, channel]): [string, Channel] => {
    const url = valueOf(channel.secret)
    return [name, channel.kind === 'email' ? { kind: 'email', url, to: channel.to } : { kind: channel.kind, url }]
  })
  const own = [
    [PAGER, pager],
    [HEARTBEAT, heartbeat],
  ] as const
  return Object.fromEntries([
    ...declared,
    ...own.flatMap(([name, secret]): [string, Channel][] =>
      secret === null ? [] : [[name, { kind: 'webhook', url: valueOf(secret) }]],
    ),
  ])
}
