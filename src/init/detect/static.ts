import type { Finding } from '../finding.ts'
import { at, has, nameOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'

const PLACES = ['public', 'dist', 'site', '_site', 'www', 'web', 'html', 'out', 'build', '.'] as const

/** Files alone: a folder with an index.html. It counts only where nothing else runs in the project. */
export function detectStatic(project: ProjectFiles): readonly Finding[] {
  const place = PLACES.find((folder) => has(project, folder, 'index.html'))
  if (place === undefined) return []
  const because = `${at(place, 'index.html')} is there, and no program that serves it`
  const note = 'static is the whole folder: move what is not for the public out of it, or the pages into public/'
  return [
    {
      kind: 'service',
      folder: '.',
      runtime: 'static',
      role: 'page',
      name: nameOf('.'),
      keys: { static: { value: place, because } },
      ...(place === '.' ? { note } : {}),
    },
  ]
}
