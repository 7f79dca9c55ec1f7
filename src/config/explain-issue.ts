import type { z } from 'zod'
import { nearest } from '../core/nearest.ts'
import { formatPath, showValue, valueAt, type Path } from './path.ts'

type Issue = z.core.$ZodIssue

/** One thing wrong with a config. */
export interface Finding {
  readonly path: Path
  /** The whole line: path, value, what was expected, cure. */
  readonly text: string
  /** What has to go, so that the rest can be looked at further. */
  readonly damaged: readonly Path[]
}

/** A line for one value that is not what it should be. `expected` goes on with the cure after a semicolon. */
export function finding(path: Path, given: string, expected: string): Finding {
  return { path, text: `${formatPath(path)}: got ${given}, expected ${expected}`, damaged: [path] }
}

/** What the schema's issues mean to whoever wrote the config `raw`. */
export function explainIssues(issues: readonly Issue[], raw: unknown): readonly Finding[] {
  return issues.flatMap((issue) => explainIssue(issue, raw, []))
}

/** Handed to the schema: the sentence for whatever has none of its own. An unknown key gets the keys that are known. */
export function expectedOf(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return TYPES[issue.expected]
    case 'invalid_value':
      return `one of ${issue.values.map((value) => showValue(value)).join(', ')}; choose one`
    case 'unrecognized_keys':
      return Object.keys((issue.inst as z.core.$ZodObject)._zod.def.shape).join(', ')
    default:
      return undefined
  }
}

const TYPES: Readonly<Record<string, string>> = {
  string: "text; write it in quotes, such as 'api'",
  number: 'a number; write it without quotes, such as 2',
  boolean: 'true or false; write it without quotes',
  array: 'a list; put it in [ ]',
  object: 'an object; write { … } with its keys',
  record: 'an object of named entries; write { name: … }',
}

function explainIssue(issue: Issue, raw: unknown, base: Path): readonly Finding[] {
  const path = [...base, ...(issue.path as Path)]
  if (issue.code === 'unrecognized_keys') {
    const known = issue.message.split(', ')
    return issue.keys.map((key) => unknownKey([...path, key], known))
  }
  if (issue.code === 'invalid_key') {
    const name = String(path.at(-1))
    return [{ ...finding(path, `the name ${showValue(name)}`, issue.issues[0]!.message), damaged: [path] }]
  }
  if (issue.code === 'invalid_union') {
    const branch = branchMeant(issue.errors)
    if (branch !== null) return branch.flatMap((nested) => explainIssue(nested, raw, path))
  }
  const value = valueAt(raw, path)
  return [
    {
      ...finding(path, isSecretish(path, issue.message) ? hidden(value) : showValue(value), issue.message),
      // Where a key is missing, what should hold it cannot be looked at.
      damaged: [value === undefined ? path.slice(0, -1) : path],
    },
  ]
}

function unknownKey(path: Path, known: readonly string[]): Finding {
  const meant = nearest(String(path.at(-1)), known)
  const cure = meant === null ? `remove it, or use one of ${known.join(', ')}` : `did you mean '${meant}'?`
  // What was meant counts as broken too: nobody has to be told that it is missing.
  const damaged = meant === null ? [path] : [path, [...path.slice(0, -1), meant]]
  return { path, text: `${formatPath(path)}: unknown key; ${cure}`, damaged }
}

/** Of the forms a value may have, the one that was tried: of the right type, and wrong only further inside where possible. */
function branchMeant(branches: readonly (readonly Issue[])[]): readonly Issue[] | null {
  const rightType = branches.filter((issues) => !issues.some((issue) => issue.path.length === 0 && isWrongType(issue)))
  if (rightType.length === 1) return rightType[0]!
  const rightKeys = rightType.filter((issues) => issues.every((issue) => issue.path.length > 1 || !isWrongShape(issue)))
  return rightKeys.length === 1 ? rightKeys[0]! : null
}

function isWrongType(issue: Issue): boolean {
  return issue.code === 'invalid_type' || issue.code === 'invalid_value'
}

function isWrongShape(issue: Issue): boolean {
  return issue.code === 'unrecognized_keys' || issue.code === 'invalid_type'
}

/** Where the name of a secret belongs people paste the secret; it must not end up in a log. */
function isSecretish(path: Path, expected: string): boolean {
  return (
    expected.includes('not its value') ||
    expected.includes('without a password') ||
    (path.includes('env') && /pass|secret|token|key/i.test(String(path.at(-1))))
  )
}

function hidden(value: unknown): string {
  return typeof value === 'string' ? `${value.length} characters (not shown)` : `a ${typeof value} (not shown)`
}
