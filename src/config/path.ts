/** Where a value stands in a config. */
export type Path = readonly (string | number)[]

/** services.api.routes[0], gateway.routes['POST /api'].timeout. The config itself is 'the config'. */
export function formatPath(path: Path): string {
  if (path.length === 0) return 'the config'
  return path
    .map((key, index) => {
      if (typeof key === 'number') return `[${key}]`
      if (/^[A-Za-z_][\w-]*$/.test(key)) return index === 0 ? key : `.${key}`
      return `['${key}']`
    })
    .join('')
}

/** What stands at a path; undefined where nothing does. */
export function valueAt(value: unknown, path: Path): unknown {
  let found = value
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined
    found = (found as Record<string | number, unknown>)[key]
  }
  return found
}

/** A value as a message shows it: short, and on one line. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (typeof value === 'string') return `'${shorten(value)}'`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) {
    return Object.keys(value).length === 0 ? '{}' : `{ ${shorten(Object.keys(value).join(', '))} }`
  }
  return JSON.stringify(value)
}

const SHOWN_LENGTH_MAX = 60

function shorten(text: string): string {
  const line = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll('\\\\', '\\')
  return line.length <= SHOWN_LENGTH_MAX ? line : `${line.slice(0, SHOWN_LENGTH_MAX - 1)}…`
}
