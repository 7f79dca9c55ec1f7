import type { ComposeFinding, Finding, Guess, NoteFinding, Runtime, ServiceFinding, TextKey } from './finding.ts'
import { at } from './look.ts'

/** A service that will be in the config. */
export interface Part {
  readonly name: string
  readonly folder: string
  readonly runtime: Runtime
  readonly role: 'page' | 'server' | 'worker'
  readonly keys: Readonly<Partial<Record<TextKey, Guess<string>>>>
  /** What a compose file says of it. */
  readonly compose: ComposeFinding | null
}

export interface Parts {
  readonly parts: readonly Part[]
  readonly notes: readonly string[]
}

/**
 * Which services there are: several findings in one folder are one thing or several, and a compose file gives names. Pages in
 * the folder of a server are the server's; a Dockerfile counts where nothing else says how to start; files alone count where
 * nothing runs at all.
 */
export function choose(findings: readonly Finding[]): Parts {
  const services = findings.filter((finding) => finding.kind === 'service')
  const isNote = (finding: Finding): finding is NoteFinding => finding.kind === 'note'
  const notes = findings
    .filter((finding) => isNote(finding) && !services.some(({ folder }) => folder === finding.folder))
    .map((finding) => (finding as NoteFinding).text)
  const kept = services.filter((one) => {
    const beside = services.filter((other) => other !== one && other.folder === one.folder)
    if (one.runtime === 'static') return services.every((other) => other === one)
    if (one.runtime === 'docker') return beside.length === 0
    const server = beside.find(
      (other) => other.role !== 'page' && !['docker', 'static', one.runtime].includes(other.runtime),
    )
    if (one.role !== 'page' || server === undefined) return true
    notes.push(
      `${at(one.folder, 'package.json')} builds pages beside a ${server.runtime} server: its build is left out; add it to build if the server serves them`,
    )
    return false
  })
  notes.push(...kept.flatMap(({ note }) => note ?? []))
  const composed = findings.filter((finding) => finding.kind === 'compose')
  const parts = kept.flatMap((service) => withCompose(service, kept, composed))
  for (const { folder, because } of composed) {
    if (!kept.some((service) => service.folder === folder))
      notes.push(`${because} is built from ${folder}, in which nothing was recognised: left out`)
  }
  return { parts: unique(parts), notes: [...new Set(notes)] }
}

/** One part, or several where a compose file runs one image with several commands. */
function withCompose(
  service: ServiceFinding,
  all: readonly ServiceFinding[],
  composed: readonly ComposeFinding[],
): readonly Part[] {
  const { folder, runtime, role = 'server', keys } = service
  const plain: Part = { name: service.name, folder, runtime, role, keys, compose: null }
  const here = composed.filter((compose) => compose.folder === folder)
  // Two services of one folder and one compose service: nobody can tell whose it is.
  if (here.length === 0 || all.filter((other) => other.folder === folder).length > 1) return [plain]
  const main = here.find(({ isReached }) => isReached) ?? here.find(({ command }) => command === null) ?? here[0]!
  return here.map((compose): Part => {
    const isMain = compose === main
    const command = isMain ? null : compose.command
    const start =
      command === null
        ? {}
        : { start: { value: inEnvironment(command, keys.start?.value ?? ''), because: `${compose.because}.command` } }
    return {
      ...plain,
      name: compose.name,
      role: isMain ? role : compose.isReached ? 'server' : 'worker',
      keys: { ...keys, ...start },
      compose,
    }
  })
}

/** A command of an image finds its programs in the image; here they are in the virtual environment of the release. */
function inEnvironment(command: string, start: string): string {
  const python = /^(\S*python3?)\s/.exec(start)?.[1]
  const [program = '', ...rest] = command.split(' ')
  if (python === undefined) return command
  if (/^python3?$/.test(program)) return [python, ...rest].join(' ')
  return /^(?:celery|rq|dramatiq|arq|huey_consumer|gunicorn|uvicorn|alembic|flask|django-admin)$/.test(program)
    ? [python, '-m', command].join(' ')
    : command
}

/** RFC 1123, as the config asks for it. */
export function labelOf(text: string): string {
  const plain = text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '')
  return plain === '' ? 'app' : plain
}

function unique(parts: readonly Part[]): readonly Part[] {
  const taken = new Set<string>()
  return parts.map((part) => {
    const label = labelOf(part.name)
    let name = label
    for (let number = 2; taken.has(name); number++) name = `${label.slice(0, 36)}-${number}`
    taken.add(name)
    return { ...part, name }
  })
}
