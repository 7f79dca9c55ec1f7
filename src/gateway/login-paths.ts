/** Paths on which somebody has failed to log in; the oldest goes first. */
const PATHS_MAX = 64

export interface LoginPaths {
  has(path: string): boolean
  add(path: string): void
}

export function createLoginPaths(): LoginPaths {
  const paths = new Set<string>()
  return {
    has: (path) => paths.has(path),
    add(path) {
      paths.delete(path)
      if (paths.size >= PATHS_MAX) paths.delete(paths.values().next().value!)
      paths.add(path)
    },
  }
}
