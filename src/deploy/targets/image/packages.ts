import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '../../../core/problem.ts'

/** A package, where it is on this machine, and where the image has it. */
export interface PlacedPackage {
  readonly folder: string
  /** Such as `node_modules/pg`, from the folder of the package that needs them all. */
  readonly place: string
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>
}

/**
 * What a package needs, each where Node's own lookup then finds it: on top, or, where another version is there already, with
 * the one that needs it. It hangs on what the packages say alone, not on how somebody's installer has laid them out.
 * @param leftOut names of direct needs that are not wanted
 * @throws Problem `image.not-here` where one is not installed
 */
export function placePackages(root: string, leftOut: readonly string[]): readonly PlacedPackage[] {
  const placed = new Map<string, string>()
  const open: PlacedPackage[] = [{ folder: realpathSync(root), place: '' }]
  for (let one = open.shift(); one !== undefined; one = open.shift()) {
    const { folder, place } = one
    const names = needsOf(folder).filter((name) => place !== '' || !leftOut.includes(name))
    for (const name of names) {
      const found = lookUp(folder, name)
      const seen = visibleFrom(place, name, placed)
      if (seen !== undefined && placed.get(seen) === found) continue
      const to = join(seen === undefined ? '' : place, 'node_modules', name)
      placed.set(to, found)
      open.push({ folder: found, place: to })
    }
  }
  return [...placed].map(([place, folder]) => ({ folder, place }))
}

function needsOf(folder: string): readonly string[] {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest
  return Object.keys(dependencies).toSorted()
}

/** As Node looks: in `node_modules` here, then in every folder above. */
function lookUp(from: string, name: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return realpathSync(candidate)
    if (folder === dirname(folder)) break
  }
  throw new Problem('image.not-here', `the package ${name}, which Seaworthy needs, is not installed`, {
    hint: 'Install Seaworthy again with its dependencies: npm install seaworthy',
  })
}

/** Where the image's own lookup for `name` ends up from a place, as far as things are placed. */
function visibleFrom(place: string, name: string, placed: ReadonlyMap<string, string>): string | undefined {
  for (let from = place; ; from = from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) {
    const candidate = join(from, 'node_modules', name)
    if (placed.has(candidate)) return candidate
    if (from === '') return undefined
  }
}
