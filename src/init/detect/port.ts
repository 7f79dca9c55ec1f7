import type { Finding } from '../finding.ts'
import { linesMatching, rootsOf, sourcesOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'

/** The program asks for its port: nothing has to be said. */
const READS =
  /process\.env(?:\.PORT\b|\[['"]PORT['"]\])|\benv\.PORT\b|\benv\.get\(['"]PORT['"]|(?:environ(?:\.get)?|getenv)\s*[([]\s*['"]PORT['"]|os\.Getenv\("PORT"\)|LookupEnv\("PORT"\)|ENV(?:\.fetch\(|\[)\s*['"]PORT['"]|getenv\('PORT'\)|\$ENV\{['"]?PORT/
/** The program insists on one. */
const INSISTS = [
  /\.listen\(\s*(\d{2,5})\b/,
  /\.listen\(\s*\{[^}]*\bport:\s*(\d{2,5})\b/,
  /\b(?:PORT|port)\b(?:\s*:\s*\w+)?\s*=\s*(\d{2,5})\s*;?\s*$/,
  /ListenAndServe(?:TLS)?\(\s*"[^":]*:(\d{2,5})"/,
  /net\.Listen\(\s*"tcp[46]?",\s*"[^":]*:(\d{2,5})"/,
  /\.(?:Run|Start|Listen)\(\s*"[^":]*:(\d{2,5})"/,
  /HTTPServer\(\s*\(\s*['"][^'"]*['"]\s*,\s*(\d{2,5})\s*\)/,
  /\bapp\.run\([^)]*\bport\s*=\s*(\d{2,5})/,
  /\bset\s+:port,\s*(\d{2,5})/,
]

/** Whether a part's sources ask for the variable PORT. */
export function readsPort(project: ProjectFiles, folder: string): boolean {
  return linesMatching(project, sourcesOf(project, folder), READS).length > 0
}

/** How each part learns its port, as its sources show. */
export function detectPort(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    if (readsPort(project, folder)) return []
    const sources = sourcesOf(project, folder)
    const [line] = INSISTS.flatMap((pattern) => linesMatching(project, sources, pattern))
    if (line === undefined) return []
    const value = Number(line.match[1])
    if (value < 1 || value > 65_535) return []
    return [{ kind: 'setting', folder, key: 'port', guess: { value, because: `${line.where}: ${line.text}` } }]
  })
}
