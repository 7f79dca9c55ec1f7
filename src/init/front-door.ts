import type { Finding, Guess } from './finding.ts'
import type { Part } from './services.ts'

/** Which paths go to which service: '/' to pages or to the only server, to others what their sources answer. */
export function routesOf(
  parts: readonly Part[],
  findings: readonly Finding[],
): ReadonlyMap<string, Guess<readonly string[]>> {
  const reached = parts.filter(({ role }) => role !== 'worker')
  const front = frontOf(reached)
  const routes = new Map<string, Guess<readonly string[]>>()
  if (front === undefined) return routes
  const taken = new Set(['/'])
  for (const part of reached) {
    if (part === front) continue
    const seen = findings.find(
      (finding) => finding.kind === 'setting' && finding.key === 'routes' && finding.folder === part.folder,
    )
    const guess = seen?.kind === 'setting' && seen.key === 'routes' ? seen.guess : null
    const free = (guess?.value ?? []).filter((route) => !taken.has(route))
    const value = free.length > 0 ? free : [freeRoute(part.name, taken)]
    for (const route of value) taken.add(route)
    const because =
      free.length > 0
        ? `${guess!.because}: it answers these`
        : `a guess: nothing tells which paths are its; they arrive as they are, /${part.name} included`
    routes.set(part.name, { value, because })
  }
  const because =
    reached.length === 1
      ? 'the only service that is reached'
      : front.role === 'page'
        ? 'the pages; longer routes go before it'
        : 'a guess: the first server; longer routes go before it'
  routes.set(front.name, { value: ['/'], because })
  return routes
}

const FRONT = /^(?:web|www|site|frontend|front|client|ui|app|gateway)$/

function frontOf(reached: readonly Part[]): Part | undefined {
  const pages = reached.filter(({ role }) => role === 'page')
  const candidates = pages.length > 0 ? pages : reached
  return (
    candidates.find(({ name }) => FRONT.test(name)) ?? candidates.find(({ folder }) => folder === '.') ?? candidates[0]
  )
}

function freeRoute(name: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number++) {
    const route = number === 1 ? `/${name}` : `/${name}-${number}`
    if (!taken.has(route)) return route
  }
}
