/** Characters that two pieces of a value longer than a bound have in common: a longer match may hide in their border. */
export const VALUE_OVERLAP_CHARS = 1024
/** Characters of one name in a path, and of a path to which names are still appended: each value below is compared by it. */
const NAME_CHARS_MAX = 128
const PATH_CHARS_MAX = 512

/** The path of `name` below `parent`; bounded, or many values below one long name would cost the square of the body. */
export function pathBelow(parent: string, name: string): string {
  if (parent === '') return boundedName(name)
  return parent.length >= PATH_CHARS_MAX ? parent : `${parent}.${boundedName(name)}`
}

/** The sign at its end keeps it from being taken for a shorter name. */
export function boundedName(name: string): string {
  return name.length <= NAME_CHARS_MAX ? name : `${name.slice(0, NAME_CHARS_MAX)}…`
}
