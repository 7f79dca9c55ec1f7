import { loosestForm } from '../guard/identity/path-forms.ts'

/** The path that was longest out of use goes first. So many that nobody can push the login out who is not locked out before. */
const PATHS_MAX = 1024

/** Paths on which somebody has failed to log in, in any spelling: another one must not be worth another guess. */
export interface LoginPaths {
  has(path: string): boolean
  add(path: string): void
}

export function createLoginPaths(): LoginPaths {
  const paths = new Set<string>()
  return {
    has(path) {
      const form = loosestForm(path)
      if (!paths.delete(form)) return false
      paths.add(form)
      return true
    },
    add(path) {
      const form = loosestForm(path)
      paths.delete(form)
      if (paths.size >= PATHS_MAX) paths.delete(paths.values().next().value!)
      paths.add(form)
    },
  }
}
