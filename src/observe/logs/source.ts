/** Whose output a file holds, as its name says it. */
export interface Source {
  readonly service: string
  readonly instance: string | null
  readonly release: string | null
}

/**
 * `api@7-3fa9c1d2-1` → api, that instance, release 7-3fa9c1d2; `build:api@7-3fa9c1d2` → api, its release; `gateway-1` → gateway;
 * `need-db` → db; `hook:after:d7@7-3fa9c1d2` → hook.
 */
export function sourceOf(output: string): Source {
  const name = output.replace(/^(build|migrate):/, '')
  const release = /@(\d+-[0-9a-f]{8})(?:-\d+)?$/.exec(name)?.[1] ?? null
  if (name.startsWith('hook:')) return { service: 'hook', instance: null, release }
  if (!name.includes('@')) {
    const service = name.startsWith('need-') ? name.slice('need-'.length) : name.replace(/-\d+$/, '')
    return { service, instance: null, release }
  }
  const instance = /@\d+-[0-9a-f]{8}-\d+$/.test(output) && output === name ? output : null
  return { service: name.slice(0, name.indexOf('@')), instance, release }
}
