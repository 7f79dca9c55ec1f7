import { existsSync, lstatSync, statSync, unlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { canonicalJson } from '../core/canonical-json.ts'
import { Problem } from '../core/problem.ts'
import { splitWords } from '../core/words.ts'
import { writeFileAtomic } from '../core/atomic-file.ts'
import { checkConfig } from '../config/check.ts'
import { CONFIG_NAMES } from '../config/find.ts'
import { loadConfig } from '../config/load.ts'
import { plainOf, reasonsOf, textOf, type Reason } from './config-text.ts'
import { DETECTORS, LOOKED_FOR } from './detect/index.ts'
import { draftOf } from './draft.ts'
import type { Finding } from './finding.ts'
import { nameOf } from './look.ts'
import { readProject, type ProjectFiles } from './project-files.ts'

export const CONFIG_NAME = 'seaworthy.config.ts'

/** What `init` made of a project; nothing is written yet. */
export interface Proposal {
  readonly text: string
  /** What the text means, as plain data: it has passed the config's own checks. */
  readonly canonical: string
  readonly services: readonly string[]
  readonly reasons: readonly Reason[]
  readonly secrets: readonly string[]
  readonly notes: readonly string[]
}

/**
 * Looks at a project and proposes a config. Reads files, runs nothing, follows no symbolic link.
 * @param options.start a command that starts the app, where nobody can guess it
 * @throws init.no-folder, init.nothing-recognised; config.invalid would be a bug
 */
export function propose(folder: string, options: { start?: string } = {}): Proposal {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) {
    throw new Problem('init.no-folder', `${folder} is no folder`, { hint: 'Name the folder of the project.' })
  }
  return proposeFor(readProject(folder), options)
}

/** The same for files that were read before. */
export function proposeFor(project: ProjectFiles, { start }: { start?: string } = {}): Proposal {
  const found = DETECTORS.flatMap((detect) => detect(project))
  const draft = draftOf(project, start === undefined ? found : withStart(found, start))
  if (draft.services.length === 0) {
    throw new Problem('init.nothing-recognised', `nothing that runs was recognised in ${project.name}`, {
      hint: "Say how it starts: seaworthy init --start 'program arguments' (it has to listen on $PORT).",
      details: ['looked for:', ...LOOKED_FOR.map((line) => `- ${line}`), ...draft.notes],
    })
  }
  const plain = plainOf(draft.entries)
  // Whatever stands in the project's files, what comes out has to be a config.
  checkConfig(plain, CONFIG_NAME)
  return {
    text: textOf(draft.entries, HEAD),
    canonical: canonicalJson(plain),
    services: draft.services,
    reasons: reasonsOf(draft.entries),
    secrets: draft.secrets,
    notes: draft.notes,
  }
}

const HEAD = [
  'Written by `seaworthy init`: each comment says from what the line below it was inferred. Correct what is wrong;',
  "`seaworthy doctor` shows what is missing, docs/reference/config.md in Seaworthy's own repository every key.",
]

/** What a person says wins over what was found in the folder itself. */
function withStart(found: readonly Finding[], start: string): readonly Finding[] {
  const split = splitWords(start)
  if (!split.ok || split.words.length === 0) {
    const reason = split.ok ? 'it is empty' : split.reason
    throw new Problem('cli.usage', `--start ${start}: ${reason}`, { hint: `Write one program, or sh -c '…'.` })
  }
  const command = { value: start, because: 'told by --start' }
  const own = found.find((each) => each.kind === 'service' && each.folder === '.' && each.runtime !== 'static')
  const rest = found.filter((each) => each !== own && !(each.kind === 'service' && each.runtime === 'static'))
  if (own?.kind !== 'service') {
    return [...rest, { kind: 'service', folder: '.', runtime: 'told', name: nameOf('.'), keys: { start: command } }]
  }
  const { static: _, ...keys } = own.keys
  return [...rest, { ...own, keys: { ...keys, start: command } }]
}

/** The config that a folder holds already, or null. */
export function existingConfig(folder: string): string | null {
  return CONFIG_NAMES.find((name) => lstatSync(join(folder, name), { throwIfNoEntry: false }) !== undefined) ?? null
}

/**
 * Writes a proposal into its folder: beside its place first, loaded back and checked there, and only then into its place.
 * @returns the file's path
 * @throws init.exists where the folder has a config and `force` is false, or has one of another name
 */
export async function writeProposal(folder: string, proposal: Proposal, options: { force: boolean }): Promise<string> {
  const file = join(folder, CONFIG_NAME)
  const existing = existingConfig(folder)
  if (existing !== null && !(options.force && existing === CONFIG_NAME)) {
    const cure =
      existing === CONFIG_NAME
        ? '--force overwrites it, --dry-run shows what would be written.'
        : `Remove ${existing} first: a folder has one config.`
    throw new Problem('init.exists', `${join(folder, existing)} is there already`, { hint: cure })
  }
  const trial = join(folder, `.${basename(CONFIG_NAME, '.ts')}.${process.pid}.ts`)
  try {
    writeFileAtomic(trial, proposal.text, { mode: 0o644 })
    const loaded = await loadConfig(trial)
    checkConfig(loaded.raw, file)
    if (loaded.canonical !== proposal.canonical)
      throw new Error(`the config reads back as something else:\n${proposal.text}`)
  } finally {
    if (existsSync(trial)) unlinkSync(trial)
  }
  writeFileAtomic(file, proposal.text, { mode: 0o644 })
  return file
}
