/** A JSON patch (RFC 6902) that adds. */
export interface Addition {
  readonly op: 'add'
  readonly path: string
  readonly value: unknown
}

/** Nothing is the same. */
const NOTHING = Symbol('nothing')

/**
 * What is the same in all of them: of maps the entries that all have, of lists of one length what is the same at each place.
 * A list that is not the same all through, and holds plain values, is left out as a whole.
 */
export function sameIn(all: readonly [object, ...object[]]): object {
  const same = sameOf(all)
  return same === NOTHING ? {} : (same as object)
}

/** What `sameIn` of several has to be given to be `wanted`, which is one of them. */
export function additionsTo(same: unknown, wanted: unknown, path = ''): readonly Addition[] {
  if (Array.isArray(same) && Array.isArray(wanted))
    return same.flatMap((one, index) => additionsTo(one, wanted[index], `${path}/${index}`))
  if (!isMap(same) || !isMap(wanted)) return []
  return Object.entries(wanted).flatMap(([key, value]) => {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    return Object.hasOwn(same, key) ? additionsTo(same[key], value, at) : [{ op: 'add' as const, path: at, value }]
  })
}

function sameOf(all: readonly unknown[]): unknown {
  const [first, ...others] = all
  if (all.every(isMap)) {
    const [map] = all
    return Object.fromEntries(
      Object.keys(map!)
        .filter((key) => all.every((one) => Object.hasOwn(one, key)))
        .map((key) => [key, sameOf(all.map((one) => one[key]))])
        .filter(([, held]) => held !== NOTHING),
    )
  }
  if (all.every((one) => Array.isArray(one) && one.length === (first as unknown[]).length)) {
    const lists = all as readonly (readonly unknown[])[]
    const same = lists[0]!.map((_, index) => sameOf(lists.map((list) => list[index])))
    return same.includes(NOTHING) ? NOTHING : same
  }
  return others.every((one) => one === first) ? first : NOTHING
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
