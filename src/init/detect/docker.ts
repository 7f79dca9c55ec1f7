import type { Finding, Guess, ServiceFinding, TextKey } from '../finding.ts'
import { at, firstOf, nameOf, rootsOf } from '../look.ts'
import type { ProjectFiles } from '../project-files.ts'
import { readsPort } from './port.ts'
import { quoteIfNeeded } from '../shell.ts'

/** What the last stage of a Dockerfile says. */
export interface Dockerfile {
  readonly path: string
  /** CMD behind ENTRYPOINT, as a command of the config; paths below the work folder made relative. */
  readonly start: Guess<string> | null
  readonly port: Guess<number> | null
  readonly ready: Guess<string> | null
}

/** A Dockerfile says how a part starts where nothing else does. */
export function detectDocker(project: ProjectFiles): readonly Finding[] {
  return rootsOf(project).flatMap((folder): readonly Finding[] => {
    const name = firstOf(project, folder, ['Dockerfile', 'Containerfile'])
    if (name === null) return []
    const { path, start, port, ready } = readDockerfile(at(folder, name), project.text(at(folder, name)) ?? '')
    if (start === null)
      return [{ kind: 'note', folder, text: `${path} has neither CMD nor ENTRYPOINT: it does not say how it starts` }]
    const keys: Partial<Record<TextKey, Guess<string>>> = {
      ...(folder === '.' ? {} : { path: { value: folder, because: path } }),
      start,
    }
    const service: ServiceFinding = { kind: 'service', folder, runtime: 'docker', name: nameOf(folder), keys }
    return [
      service,
      ...(port === null || readsPort(project, folder)
        ? []
        : [{ kind: 'setting' as const, folder, key: 'port' as const, guess: port }]),
      ...(ready === null ? [] : [{ kind: 'setting' as const, folder, key: 'ready' as const, guess: ready }]),
    ]
  })
}

interface Instruction {
  readonly name: string
  readonly rest: string
  readonly line: number
}

/** Reads the instructions that tell how the image runs; of several stages the last one counts. */
export function readDockerfile(path: string, text: string): Dockerfile {
  const all = instructionsOf(text)
  const last = all.slice(
    Math.max(
      0,
      all.findLastIndex(({ name }) => name === 'FROM'),
    ),
  )
  const find = (name: string): Instruction | undefined => last.findLast((each) => each.name === name)
  const folder = find('WORKDIR')?.rest.trim() ?? ''
  const entry = find('ENTRYPOINT')
  const command = find('CMD')
  const words = [
    ...(entry ? wordsOf(entry.rest) : []),
    ...(command && (entry === undefined || isList(entry.rest)) ? wordsOf(command.rest) : []),
  ]
  const where = entry ?? command
  const relative = words.map((word) => withoutFolder(word, folder))
  const expose = find('EXPOSE')
  const port = Number(/^(\d{1,5})/.exec(expose?.rest.trim() ?? '')?.[1] ?? 0)
  const check = find('HEALTHCHECK')
  const ready = healthPathOf(check?.rest ?? '')
  return {
    path,
    start:
      where === undefined || relative.length === 0
        ? null
        : {
            value: relative.map((word) => quoteIfNeeded(word)).join(' '),
            because: `${path}:${where.line}: ${where.name} ${where.rest}`,
          },
    port: port > 0 && port <= 65_535 ? { value: port, because: `${path}:${expose!.line}: EXPOSE ${port}` } : null,
    ready: ready === null ? null : { value: ready, because: `${path}:${check!.line}: HEALTHCHECK` },
  }
}

/** The path of the URL that a health check asks, by whatever program. */
export function healthPathOf(command: string): string | null {
  return /https?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\])(?::[\w${}]+)?(\/[\w./-]+)/.exec(command)?.[1] ?? null
}

function instructionsOf(text: string): readonly Instruction[] {
  const found: Instruction[] = []
  let open: { text: string; line: number } | null = null
  for (const [index, raw] of text.split('\n').entries()) {
    if (/^\s*#/.test(raw) || (raw.trim() === '' && open === null)) continue
    const started: { text: string; line: number } = open ?? { text: '', line: index + 1 }
    const goesOn = /\\\s*$/.test(raw)
    started.text += ` ${raw.replace(/\\\s*$/, '').trim()}`
    open = goesOn ? started : null
    const match = /^\s*([A-Za-z]+)\s+([^]*)$/.exec(started.text)
    if (!goesOn && match !== null)
      found.push({ name: match[1]!.toUpperCase(), rest: match[2]!.trim(), line: started.line })
  }
  return found
}

function isList(rest: string): boolean {
  return listOf(rest) !== null
}

function listOf(rest: string): readonly string[] | null {
  if (!rest.startsWith('[')) return null
  try {
    const parsed = JSON.parse(rest) as unknown
    return Array.isArray(parsed) && parsed.every((each) => typeof each === 'string') ? parsed : null
  } catch {
    return null
  }
}

/** The list form is words; the other form is what a shell reads. */
function wordsOf(rest: string): readonly string[] {
  const list = listOf(rest)
  if (list !== null) return list
  return /[`"'$;&|<>*?\\]/.test(rest) ? ['sh', '-c', rest] : rest.split(/\s+/)
}

function withoutFolder(word: string, folder: string): string {
  if (folder === '' || folder === '/') return word
  return word.startsWith(`${folder.replace(/\/$/, '')}/`) ? word.slice(folder.replace(/\/$/, '').length + 1) : word
}
