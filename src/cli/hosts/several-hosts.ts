import { Problem } from '../../core/problem.ts'

/** Which host of its environment a command is about; `--host` for one command, this for all of a shell. */
export const HOST_VARIABLE = 'SEAWORTHY_HOST'

/** Thrown where an environment runs on several hosts and the command names none: it is run for each of them. */
export class SeveralHosts extends Error {
  readonly hosts: readonly string[]
  readonly environment: string

  constructor(environment: string, hosts: readonly string[]) {
    super(`environment ${environment} runs on ${hosts.length} hosts`)
    this.environment = environment
    this.hosts = hosts
  }
}

/** What a person calls a host: without what it is reached by, and without a password. */
export function nameOfHost(host: string): string {
  return host.replace(/^[a-z]+:\/\//, '').replace(/^([^@:/]*):[^@/]*@/, '$1@')
}

/**
 * The hosts that a command is about: the one that is named, or all.
 * @param named as the config has it, or without what it is reached by
 * @throws Problem `host.unknown`
 */
export function chosenHosts(hosts: readonly string[], named: string | undefined): readonly string[] {
  if (named === undefined || named === '') return hosts
  const found = hosts.find((host) => host === named || nameOfHost(host) === named)
  if (found !== undefined) return [found]
  const known = hosts.length === 0 ? 'the environment names none' : hosts.map(nameOfHost).join(', ')
  throw new Problem('host.unknown', `there is no host ${named}: ${known}`, {
    hint: '`--host` takes one of `host` in the config.',
  })
}
