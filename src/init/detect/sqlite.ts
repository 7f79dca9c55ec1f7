import { posix } from 'node:path'
import type { Finding } from '../finding.ts'
import { linesMatching, rootsOf, sourcesOf } from '../look.ts'
import { packageJson } from '../package-json.ts'
import type { ProjectFiles } from '../project-files.ts'

const USES =
  /node:sqlite|better-sqlite3|from ['"]sqlite3['"]|require\(['"]sqlite3['"]\)|^\s*import sqlite3|backends\.sqlite3|aiosqlite|sqlite:\/\/|go-sqlite3|modernc\.org\/sqlite|\bSQLite3::/
const READS = /\b(?:DATABASE_URL|DB_URL|DB_FILE)\b/
/** Django writes it so: BASE_DIR / 'data' / 'db.sqlite3'. */
const JOINED = /BASE_DIR\s*\/\s*['"]([\w-]+)['"]\s*\/\s*['"][\w.-]+\.(?:db|sqlite3?)['"]/
const FILE = /['"`](?:sqlite:\/\/\/)?(?!:|\/|https?:)((?:\.\/)?[\w./-]+\.(?:db|sqlite3?))['"`]/

/** SQLite: a need where the program is told where its file is, else the folder that it writes its own into. */
export function detectSqlite(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    const sources = sourcesOf(project, folder)
    const declared = Object.keys(packageJson(project, folder)?.dependencies ?? {}).includes('better-sqlite3')
    const [use] = linesMatching(project, sources, USES)
    if (use === undefined && !declared) return []
    const [read] = linesMatching(project, sources, READS)
    if (read !== undefined)
      return [
        {
          kind: 'need',
          folder,
          need: 'sqlite',
          because: `${use?.where ?? 'package.json'} uses SQLite, and ${read.where} asks for its file`,
        },
      ]
    const [joined] = linesMatching(project, sources, JOINED)
    if (joined !== undefined) return [keptIn(folder, joined.match[1]!, joined.where)]
    const [file] = linesMatching(project, sources, FILE)
    if (file === undefined) return []
    const place = posix.dirname(posix.normalize(file.match[1]!))
    if (place === '.' || place.startsWith('..')) {
      return [
        {
          kind: 'note',
          text: `${file.where} keeps a database beside the program, and a release is read-only: move it into a folder such as data/ and declare writable: ['data'], or declare the need sqlite() and read DB_FILE`,
        },
      ]
    }
    return [keptIn(folder, place, file.where)]
  })
}

function keptIn(folder: string, place: string, where: string): Finding {
  return {
    kind: 'setting',
    folder,
    key: 'writable',
    guess: { value: [place], because: `${where} keeps a database there` },
  }
}
