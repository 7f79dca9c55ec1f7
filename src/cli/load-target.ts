import type { Command } from 'commander'
import { Problem } from '../core/problem.ts'
import type { Instance } from '../deploy/release.ts'
import { openEnvironment, openProjectOf } from './command.ts'
import type { LoadFlags } from './load-options.ts'
import type { Project } from './project.ts'

/** Where load goes. */
export interface LoadTarget {
  readonly host: string
  readonly port: number
  /** The Host header, where the request names none. */
  readonly authority: string
  /** The path of `--url`; null when the request's own is meant. */
  readonly path: string | null
  /** In words, for the report. */
  readonly what: string
  /** Null for an address that no environment has to do with. */
  readonly project: Project | null
  /** The service and release under load, when one instance is. */
  readonly instance: Instance | null
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/**
 * Finds out where load is to go, and refuses what could hurt by accident: addresses of others without `--allow-remote`, and
 * an environment with a domain without `--yes`.
 * @throws Problem `load.not-ours` `load.has-users` `load.no-instance` `target.not-yet`
 */
export async function findTarget(
  command: Command,
  environment: string | undefined,
  flags: LoadFlags,
): Promise<LoadTarget> {
  if (flags.url !== undefined) return targetOfUrl(command, environment, flags, flags.url)
  // Whether it may be loaded comes before whether it is there.
  const { domain, target } = (await openProjectOf(command, environment)).app
  if (target === 'kubernetes') throw notFromHere()
  if (domain !== null) mustBeMeant(domain, flags)
  using opened = await openEnvironment(command, environment, { awayMs: 1_000 })
  const { project, control } = opened
  const status = await control.call('status', {})
  if (flags.capacity && !flags.throughGateway) {
    const instance = pickInstance(status.instances, status.world.live, serviceOf(flags, project))
    const { host, port, id } = instance
    return { host, port: port!, authority: `${host}:${port}`, path: null, what: id, project, instance }
  }
  const port = Number(new URL(status.url).port || 80)
  const what = `${project.app.environment} at ${status.url}`
  return { host: '127.0.0.1', port, authority: `localhost:${port}`, path: null, what, project, instance: null }
}

/** The service whose instance is measured: the one named, or the only one that there is. */
export function serviceOf({ service }: LoadFlags, { app }: Project): string {
  const names = Object.entries(app.services)
    .filter(([, { run, routes }]) => run.kind === 'program' && routes.length > 0)
    .map(([name]) => name)
  const name = service ?? (names.length === 1 ? names[0] : undefined)
  if (name !== undefined && names.includes(name)) return name
  const what = name === undefined ? 'name the service with --service' : `${name} is no service with routes`
  throw new Problem('load.no-instance', what, { hint: `Services with routes: ${names.join(', ') || 'none'}.` })
}

async function targetOfUrl(
  command: Command,
  environment: string | undefined,
  flags: LoadFlags,
  text: string,
): Promise<LoadTarget> {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'http:') throw new Problem('cli.usage', `--url: '${text}' is no URL that starts with http://`)
  const isLoopback = LOOPBACK.test(url.hostname)
  const project = isLoopback ? null : await openProjectOf(command, environment).catch(() => null)
  if (project?.app.domain === url.hostname) mustBeMeant(url.hostname, flags)
  else if (!isLoopback && !flags.allowRemote) {
    throw new Problem('load.not-ours', `${url.hostname} is neither this machine nor the entrance of the environment`, {
      hint: 'Load on what is not yours is an attack. With the consent of its owner: --allow-remote.',
    })
  }
  const isRoot = url.pathname === '/' && url.search === ''
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(url.port || 80),
    authority: url.host,
    path: isRoot ? null : url.pathname + url.search,
    what: url.href,
    project,
    instance: null,
  }
}

function notFromHere(): Problem {
  return new Problem('target.not-yet', '`seaworthy load` does not find its way into a cluster', {
    hint: 'Name the way yourself: --url, with `kubectl port-forward` or by the address of the front door (--allow-remote).',
  })
}

function mustBeMeant(domain: string, { yes }: LoadFlags): void {
  if (yes) return
  throw new Problem('load.has-users', `the environment serves ${domain}: its users would feel the load`, {
    hint: 'If that is what you want, say so with --yes.',
  })
}

function pickInstance(instances: readonly Instance[], live: string | null, service: string): Instance {
  const found = instances.find(
    (one) => one.service === service && one.release === live && one.state === 'running' && one.port !== null,
  )
  if (found !== undefined) return found
  throw new Problem('load.no-instance', `no instance of ${service} runs in the live release (${live ?? 'none'})`, {
    hint: 'See `seaworthy status`; `seaworthy deploy` makes a release live.',
  })
}
