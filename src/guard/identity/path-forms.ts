import { normalPath } from '../../core/normal-path.ts'

/**
 * The readings of a path that servers are known to have: as it is; with everything percent-decoded once or twice, `\` for `/`,
 * path parameters (`;a=b`) removed, and in lower case; each also without the format that frameworks take from its end
 * (`/admin.json`). A rule that protects must hold for all of them.
 */
export function pathForms(path: string): readonly string[] {
  if (PLAIN.test(path)) return FORMAT.test(path) ? [path, withoutFormat(path)] : [path]
  const forms = new Set([path])
  let form = path
  for (let round = 0; round < 2; round++) {
    form = decoded(form)
    forms.add(form)
    forms.add(simplified(form))
    forms.add(simplified(form).toLowerCase())
  }
  return [...new Set([...forms].flatMap((one) => [one, withoutFormat(one)]))]
}

/** The one spelling of all that some server might take for the same path. For what is counted; what protects asks every form. */
export function loosestForm(path: string): string {
  const normal = PLAIN.test(path) ? path : simplified(decoded(decoded(path))).toLowerCase()
  return withoutFormat(normalPath(normal).replace(/(?<=.)\/$/, ''))
}

function simplified(path: string): string {
  return path.replaceAll('\\', '/').replaceAll(/;[^/]*/g, '')
}

/** Byte by byte: what is no valid UTF-8 must not keep the rest from being decoded. */
function decoded(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

/** `.json`, `.xml`, `.do` behind the last segment, or a lone dot, which Windows drops. A version (`/v1.2`) is none. */
const FORMAT = /(?<=[^/.])\.(?:[a-z][a-z0-9]{0,7})?$/i

function withoutFormat(path: string): string {
  return path.replace(FORMAT, '')
}

/** Dot segments and double slashes are the matcher's own work. */
const PLAIN = /^[a-z0-9/_.~-]*$/
