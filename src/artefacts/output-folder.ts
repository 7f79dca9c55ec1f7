import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { writeFileAtomic } from '../core/atomic-file.ts'
import { Problem } from '../core/problem.ts'
import { asWritten, planOutput, writtenAfter, type OutputPlan, type Written } from './output-plan.ts'

const MEMORY = '.seaworthy.json'
/** Files of families are read by programs under other accounts: they hold no secrets. */
const MODE = 0o644

/**
 * What a folder lacks of what is wanted. Reads the wanted files and those of earlier runs, and no others.
 * @throws Problem `generate.memory` when `.seaworthy.json` is not what a run has written
 */
export function lookAtOutput(folder: string, wanted: ReadonlyMap<string, string>): OutputPlan {
  const written = readMemory(folder)
  return planOutput(wanted, written, readThere(folder, [...wanted.keys(), ...Object.keys(written)]))
}

/**
 * Writes what differs, each file as a whole or not at all, and nothing else in the folder.
 * @param options.force also over what was changed by hand. Default: false
 * @param options.removes also takes away what is left over and as an earlier run wrote it. Default: false
 * @throws Problem `generate.changed-by-hand`, before anything is written
 */
export function writeOutput(
  folder: string,
  wanted: ReadonlyMap<string, string>,
  options: { readonly made: string; readonly force?: boolean; readonly removes?: boolean },
): OutputPlan {
  const written = readMemory(folder)
  const plan = lookAtOutput(folder, wanted)
  if (plan.changedByHand.length > 0 && options.force !== true) {
    throw new Problem(
      'generate.changed-by-hand',
      `${plan.changedByHand.length} files in ${folder} were changed by hand`,
      {
        details: plan.changedByHand,
        hint: 'Nothing was written. Move your changes into the config or into files of your own, or write over them with --force.',
      },
    )
  }
  for (const path of [...plan.missing, ...plan.outdated, ...plan.changedByHand]) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileAtomic(file, wanted.get(path)!, { mode: MODE })
  }
  const gone =
    options.removes === true ? asWritten(plan.leftOver, written, (path) => textAt(join(folder, path)) ?? '') : []
  for (const path of gone) rmSync(join(folder, path))
  const leftOver = plan.leftOver.filter((path) => !gone.includes(path))
  const files = writtenAfter(wanted, written, { ...plan, leftOver })
  const memory = `${JSON.stringify({ made: options.made, files }, null, 2)}\n`
  if (textAt(join(folder, MEMORY)) !== memory) writeFileAtomic(join(folder, MEMORY), memory, { mode: MODE })
  return plan
}

function readThere(folder: string, paths: readonly string[]): ReadonlyMap<string, string> {
  const texts = paths.map((path): [string, string | null] => [path, textAt(join(folder, path))])
  return new Map(texts.filter((each): each is [string, string] => each[1] !== null))
}

function textAt(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null
}

function readMemory(folder: string): Written {
  const file = join(folder, MEMORY)
  const text = textAt(file)
  if (text === null) return {}
  const files = filesIn(text)
  if (files !== null) return files
  throw new Problem('generate.memory', `${file} is not what Seaworthy has written`, {
    hint: 'Restore it from your repository, or remove it: then every file that differs counts as changed by hand.',
  })
}

function filesIn(text: string): Written | null {
  try {
    const { files } = JSON.parse(text) as { files?: unknown }
    if (typeof files !== 'object' || files === null) return null
    // Paths are joined to the folder: nothing may lead out of it.
    const fine = Object.entries(files).every(
      ([path, digest]) => typeof digest === 'string' && !path.startsWith('/') && !path.split('/').includes('..'),
    )
    return fine ? (files as Written) : null
  } catch {
    return null
  }
}
