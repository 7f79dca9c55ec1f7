/**
 * The path that rules are compared with: percent-encoded unreserved characters decoded, repeated slashes merged, dot
 * segments removed, so that `/%61pi/x` and `/web/../api/x` meet the rules of `/api`. The request itself goes on unchanged.
 */
export function normalPath(path: string): string {
  // A request asks several times: for its route, its options and its limits.
  if (path === lastPath) return lastNormal
  lastNormal = UNUSUAL.test(path) ? normalised(path) : path
  lastPath = path
  return lastNormal
}

let lastPath = ''
let lastNormal = '/'

function normalised(path: string): string {
  const decoded = path.replaceAll(/%([0-9a-f]{2})/gi, (encoded, digits: string) => {
    const character = String.fromCharCode(Number.parseInt(digits, 16))
    return UNRESERVED.test(character) ? character : encoded
  })
  const kept: string[] = []
  const segments = decoded.split('/').slice(1)
  for (const [index, segment] of segments.entries()) {
    const last = index === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment === '..' || segment === '.' || segment === '') {
      if (last) kept.push('')
    } else {
      kept.push(segment)
    }
  }
  return '/' + kept.join('/')
}

const UNUSUAL = /%|\/\/|\/\./
const UNRESERVED = /[A-Za-z0-9._~-]/
