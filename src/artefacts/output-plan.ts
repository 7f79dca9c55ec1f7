import { createHash } from 'node:crypto'

/** What the last run wrote, kept in `.seaworthy.json` of the output folder: path → digest of the text. */
export type Written = Readonly<Record<string, string>>

/** What has to happen to a folder for it to hold what is wanted. Paths in code unit order. */
export interface OutputPlan {
  /** Not there. */
  readonly missing: readonly string[]
  /** There as the last run wrote it, and out of date. */
  readonly outdated: readonly string[]
  /** There, and neither what is wanted nor what the last run wrote: somebody's own work. */
  readonly changedByHand: readonly string[]
  readonly unchanged: readonly string[]
  /** Written by an earlier run, still there, and wanted no more: whoever owns the folder removes them. */
  readonly leftOver: readonly string[]
}

/** @param onDisk the texts that are there, of the paths that are wanted or were written; absent: no such file */
export function planOutput(
  wanted: ReadonlyMap<string, string>,
  written: Written,
  onDisk: ReadonlyMap<string, string>,
): OutputPlan {
  const stateOf = (path: string, text: string): Exclude<keyof OutputPlan, 'leftOver'> => {
    const there = onDisk.get(path)
    if (there === undefined) return 'missing'
    if (there === text) return 'unchanged'
    return digestOf(there) === written[path] ? 'outdated' : 'changedByHand'
  }
  const states = new Map([...wanted].map(([path, text]) => [path, stateOf(path, text)]))
  const those = (state: string): readonly string[] =>
    [...states]
      .filter(([, each]) => each === state)
      .map(([path]) => path)
      .toSorted()
  return {
    missing: those('missing'),
    outdated: those('outdated'),
    changedByHand: those('changedByHand'),
    unchanged: those('unchanged'),
    leftOver: Object.keys(written)
      .filter((path) => !wanted.has(path) && onDisk.has(path))
      .toSorted(),
  }
}

/** Those of the paths whose text is what an earlier run wrote. */
export function asWritten(
  paths: readonly string[],
  written: Written,
  textOf: (path: string) => string,
): readonly string[] {
  return paths.filter((path) => digestOf(textOf(path)) === written[path])
}

/** What is remembered after a run: all that is wanted, and what is left over for as long as it is there. */
export function writtenAfter(wanted: ReadonlyMap<string, string>, before: Written, plan: OutputPlan): Written {
  const kept = plan.leftOver.map((path): [string, string] => [path, before[path]!])
  const now = [...wanted].map(([path, text]): [string, string] => [path, digestOf(text)])
  return Object.fromEntries([...now, ...kept].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** A line for each difference between a folder and what is wanted; empty: there is none. */
export function driftOf({ missing, outdated, changedByHand, leftOver }: OutputPlan): readonly string[] {
  return [
    ...missing.map((path) => `${path}: missing`),
    ...outdated.map((path) => `${path}: out of date`),
    ...changedByHand.map((path) => `${path}: changed by hand`),
    ...leftOver.map((path) => `${path}: left over`),
  ]
}

function digestOf(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
