import { normalPath } from '../../core/normal-path.ts'

/**
 * The readings of a path that servers are known to have: as it is; with everything percent-decoded once or twice, `\` for `/`,
 * path parameters (`;a=b`) removed, and in lower case. A rule that protects must hold for all of them.
 */
export function pathForms(path: string): readonly string[] {
  if (PLAIN.test(path)) return [path]
  const forms = new Set([path])
  let form = path
  for (let round = 0; round < 2; round++) {
    form = decoded(form)
    forms.add(form)
    forms.add(simplified(form))
    forms.add(simplified(form).toLowerCase())
  }
  return [...forms]
}

/** The one spelling of all that some server might take for the same path. For what is counted; what protects asks every form. */
export function loosestForm(path: string): string {
  const normal = PLAIN.test(path) ? path : simplified(decoded(decoded(path))).toLowerCase()
  return normalPath(normal).replace(/(?<=.)\/$/, '')
}

function simplified(path: string): string {
  return path.replaceAll('\\', '/').replaceAll(/;[^/]*/g, '')
}

/** Byte by byte: what is no valid UTF-8 must not keep the rest from being decoded. */
function decoded(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

/** Dot segments and double slashes are the matcher's own work. */
const PLAIN = /^[a-z0-9/_.~-]*$/
