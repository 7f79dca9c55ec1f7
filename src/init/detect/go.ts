import { posix } from 'node:path'
import type { Finding, ServiceFinding } from '../finding.ts'
import { at, filesOf, has, linesMatching, nameOf, rootsOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'

const LISTENS = /ListenAndServe|net\.Listen\(|\.Run\(|\.Start\(|\.Listen\(|http\.Serve\(/

/** Go: one service for each folder of a module that holds a `func main` of `package main`. */
export function detectGo(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project)
    .filter((folder) => has(project, folder, 'go.mod'))
    .flatMap((folder) => {
      const sources = filesOf(project, folder, /\.go$/).filter((path) => !path.endsWith('_test.go'))
      const mains = linesMatching(project, sources, /^func main\(\)/).filter(({ path }) =>
        /^package main\b/m.test(project.text(path) ?? ''),
      )
      const byFolder = new Map(mains.map((line) => [posix.dirname(line.path), line]))
      return [...byFolder].map(([place, { where }]): ServiceFinding => {
        const inside = folder === '.' ? place : posix.relative(folder, place) || '.'
        const name = inside === '.' ? nameOf(folder) : posix.basename(inside)
        const target = inside === '.' ? '.' : `./${inside}`
        const program = `bin/${name.replaceAll(/[^\w.-]/g, '-')}`
        const listens =
          byFolder.size === 1 ||
          linesMatching(
            project,
            sources.filter((path) => path.startsWith(`${place}/`)),
            LISTENS,
          ).length > 0
        return {
          kind: 'service',
          folder,
          runtime: 'go',
          name,
          keys: {
            ...(folder === '.' ? {} : { path: { value: folder, because: at(folder, 'go.mod') } }),
            build: {
              value: `go build -trimpath -o ${program} ${target}`,
              because: `${at(folder, 'go.mod')}; ${where} is a main`,
            },
            start: { value: `./${program}`, because: 'what the build makes' },
          },
          ...(listens ? {} : { role: 'worker' as const }),
        }
      })
    })
}
