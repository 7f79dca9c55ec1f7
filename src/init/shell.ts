import { splitWords } from '../core/words.ts'

/** One command out of several steps: the config's commands run without a shell, so more than one needs one named. */
export function inOrder(steps: readonly string[]): string {
  if (steps.length === 1 && splitWords(steps[0]!).ok && !/^[A-Za-z_][A-Za-z0-9_]*=/.test(steps[0]!)) return steps[0]!
  return `sh -c ${quote(steps.join(' && '))}`
}

/** The same in another folder; `exec` keeps the shell from standing between the supervisor and the program. */
export function inFolder(folder: string, command: string): string {
  return `sh -c ${quote(`cd ${quoteIfNeeded(folder)} && exec ${command}`)}`
}

/** A word as a shell takes it, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

export function quoteIfNeeded(text: string): string {
  return /^[\w@%+=:,./$-]+$/.test(text) ? text : quote(text)
}

/** A script as one program without a shell: its environment apart from its words. Null where it needs a shell. */
export function plainProgram(script: string): {
  readonly command: string
  readonly words: readonly string[]
  readonly env: Readonly<Record<string, string>>
} | null {
  let rest = script.trim().replace(/^(?:npx |cross-env )+/, '')
  const env: Record<string, string> = {}
  for (;;) {
    const assigned = /^([A-Za-z_]\w*)=([^\s'"`$;&|]*)\s+/.exec(rest)
    if (assigned === null) break
    env[assigned[1]!] = assigned[2]!
    rest = rest.slice(assigned[0].length)
  }
  const split = splitWords(rest)
  if (!split.ok || split.words.length === 0 || /[`;&|<>*?]|\$\(/.test(rest)) return null
  return { command: rest, words: split.words, env }
}
