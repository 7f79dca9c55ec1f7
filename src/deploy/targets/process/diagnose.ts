import type { ResolvedService } from '../../../config/resolved.ts'
import type { Instance } from '../../release.ts'
import type { Diagnosis } from '../../target.ts'
import type { Listener } from './listeners.ts'

export interface DiagnoseInput {
  readonly instance: Instance
  readonly service: ResolvedService
  readonly listeners: readonly Listener[]
  readonly lastLines: readonly string[]
}

/** Why an instance does not become ready, as far as the outside shows it. */
export function diagnose({ instance, service, listeners, lastLines }: DiagnoseInput): Diagnosis {
  const listens = [
    ...new Set(
      listeners.map(({ address, port }) => (address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`)),
    ),
  ]
  return { cause: causeOf(instance, service, listeners, listens, lastLines), listens, lastLines }
}

function causeOf(
  instance: Instance,
  service: ResolvedService,
  listeners: readonly Listener[],
  listens: readonly string[],
  lastLines: readonly string[],
): string | null {
  if (instance.lastExit !== null && (instance.pid === null || instance.restarts > 0))
    return crashCause(instance, lastLines)
  if (instance.port === null) return null
  const right = listeners.filter(({ port }) => port === instance.port)
  if (right.length === 0 && listeners.length > 0) {
    return `it listens on ${listens.join(', ')} instead of $PORT (${instance.port})${service.port === null ? '; a program that insists on its port needs `port` in the config' : ''}`
  }
  if (right.length === 0)
    return `it runs (pid ${instance.pid}) but listens on nothing yet; ${instance.host}:${instance.port} was expected`
  if (right.every(({ address }) => address === '::1'))
    return `it listens on ::1 only, not on ${instance.host}; let it listen on $HOST`
  return null
}

function crashCause(instance: Instance, lastLines: readonly string[]): string {
  const text = lastLines.join('\n')
  const times = instance.restarts > 0 ? ` (${instance.restarts + 1} times)` : ''
  const exit = `the program ${instance.lastExit}${times}`
  if (/EADDRINUSE|Address already in use/i.test(text)) return `${exit}: the port it wants is in use`
  if (/MODULE_NOT_FOUND|ModuleNotFoundError|Cannot find (module|package)/.test(text))
    return `${exit}: a module is missing; does the build install it?`
  return exit
}
