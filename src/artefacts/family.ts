import type { ResolvedApp } from '../config/resolved.ts'

/** What `generate` can write, by name. */
export const FAMILY_NAMES = ['monitoring'] as const
export type FamilyName = (typeof FAMILY_NAMES)[number]

/** A file as it would be written, with what it comes from. */
export interface Artefact {
  /** Below the folder of the output, with '/'. */
  readonly path: string
  readonly text: string
  /** Where its comment stands; null: the format has none, and the header goes into a README beside it. */
  readonly comment: '#' | '//' | null
  /** Which promise, need or service it comes from: `explain FILE` prints it. */
  readonly because: readonly { readonly what: string; readonly from: string }[]
}

/** A number of a file, and why it is what it is; null: nobody wrote that down. */
export interface Figure {
  readonly key: string
  readonly value: string
  readonly why: string | null
}

/** A check that a family ships: of a real tool where it is installed, never silently skipped. */
export type Check =
  | { readonly kind: 'own'; readonly name: string; readonly run: (files: readonly Artefact[]) => readonly string[] }
  /** Arguments name files of the output folder, relative to it. */
  | {
      readonly kind: 'tool'
      readonly name: string
      readonly program: string
      readonly argv: readonly string[]
      /** What the program says when it lacks a part of its own, such as an old version: then it has verified nothing. */
      readonly needs?: string
      /** A file that only this check needs: it lies beside the others while it runs. */
      readonly with?: { readonly path: string; readonly text: string }
      /** Takes longer than a person waits: run by `--check`, and told of otherwise. */
      readonly isSlow?: boolean
    }

/** One noun and how it becomes text: pure, in a stable order, the same bytes for the same config. */
export interface Family {
  readonly name: FamilyName
  readonly about: string
  files(app: ResolvedApp): readonly Artefact[]
  checks(app: ResolvedApp): readonly Check[]
  /** The numbers of one of its files: `explain FILE` prints them. */
  figures(file: Artefact): readonly Figure[]
}

/**
 * A file with its first lines: what made it and from what. Without a time, so that a second run changes nothing.
 * `made`: 'seaworthy 0.1.0'.
 */
export function withHeader({ text, comment, because }: Artefact, made: string): string {
  if (comment === null) return text
  const from = [...new Set(because.map((each) => each.from))].join(', ')
  return `${comment} Made by ${made}${from === '' ? '' : ` from ${from}`}. Yours to keep and change: \`seaworthy generate --check\` tells of drift.\n${text}`
}

/** The files of families as they are written, by path. @throws Error when two want the same path: a bug of ours */
export function filesOf(families: readonly Family[], app: ResolvedApp, made: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>()
  for (const artefact of families.flatMap((family) => family.files(app))) {
    if (files.has(artefact.path)) throw new Error(`two families write ${artefact.path}`)
    files.set(artefact.path, withHeader(artefact, made))
  }
  return files
}
