import { join } from 'node:path'
import { Problem } from '../core/problem.ts'
import type { Release } from './release.ts'
import type { Source } from './source.ts'

const SHOWN = 5
/** A file system's clock may be a tick behind the one that wrote down when the release was drafted. */
const TICK_MS = 10

/** The refusal of a release whose service has other files by now, with the newest of them by name. */
export function filesMoved(release: Release, name: string, { files }: Source): Problem {
  const { path } = release.config.services[name]!
  const newer = files
    .filter(({ changedAtMs }) => changedAtMs >= release.createdAt - TICK_MS)
    .toSorted((one, other) => other.changedAtMs - one.changedAtMs)
    .map((file) => join(path, file.path))
  const shown = newer.slice(0, SHOWN)
  const left = newer.length - shown.length
  return new Problem('deploy.moved', `the files of ${name} changed since the plan was made`, {
    hint: 'Run the command again, for a new plan. A file that a program writes belongs elsewhere, or under `writable`.',
    details: [
      ...shown.map((file) => `${file} is newer than the plan`),
      ...(left > 0 ? [`and ${left} more`] : []),
      // What is gone has no time any more.
      ...(newer.length === 0 ? ['no file is newer than the plan: some were removed'] : []),
    ],
  })
}
