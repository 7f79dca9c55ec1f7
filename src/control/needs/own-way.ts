import type { ServerPlace } from './engine.ts'

/**
 * A command that is told its data folder, to be started in that folder. Where the server has an account of its own, that account may
 * enter this one folder but none of root's above it, and none of them is opened up for its sake: so the command comes by a
 * descriptor, got by opening `.`, which asks for no way there.
 */
export function withOwnWay(
  { data, account }: ServerPlace,
  command: (folder: string) => readonly [string, ...string[]],
): readonly [string, ...string[]] {
  if (account === null) return command(data)
  return ['/bin/sh', '-c', 'exec 9<. && cd / && exec "$@"', 'sh', ...command('/proc/self/fd/9')]
}
