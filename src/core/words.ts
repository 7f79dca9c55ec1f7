/** A command as words, or why it cannot be split; `at` counts characters from 0. */
export type Split =
  | { readonly ok: true; readonly words: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly at: number }

/**
 * Splits a command into words as a POSIX shell would: blanks separate, quotes and backslashes protect. Nothing is expanded
 * (no globs, no variables, no comments) and no shell ever runs, so what only a shell could do (`&&`, `|`, `>`) is refused
 * instead of being handed to the program as a word.
 */
export function splitWords(command: string): Split {
  const words: string[] = []
  let position = 0
  while ((position = skipBlanks(command, position)) < command.length) {
    const word = readWord(command, position)
    if (!word.ok) return word
    const source = command.slice(position, word.end)
    if (SHELL_OPERATOR.test(source)) {
      return { ok: false, reason: `${source} needs a shell, and commands run without one`, at: position }
    }
    words.push(word.text)
    position = word.end
  }
  return { ok: true, words }
}

/** The command that splits into these words, in a shell and in `splitWords`: with quotes where a word needs them. */
export function joinWords(words: readonly string[]): string {
  return words.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)).join(' ')
}

/**
 * Replaces $NAME and ${NAME} by the variables' values; `$$` becomes `$`; an unknown variable stays as it is written.
 * Works on words that were split before, so a value with blanks stays one word, and quotes do not hold it back.
 */
export function expandWords(words: readonly string[], variables: Readonly<Record<string, string>>): readonly string[] {
  return words.map((word) =>
    word.replace(VARIABLE, (written: string, bare?: string, braced?: string) => {
      if (written === '$$') return '$'
      const name = bare ?? braced ?? ''
      return Object.hasOwn(variables, name) ? variables[name]! : written
    }),
  )
}

/** No character of it means anything to a shell, and it is not empty. */
const PLAIN = /^[\w@%+=:,./-]+$/
const VARIABLE = /\$\$|\$([A-Za-z_][A-Za-z0-9_]*)|\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g
const SHELL_OPERATOR = /^(?:&&?|\|\|?|;|\d?>>?(?:&\d)?|\d?<<?)$/
const BLANKS = ' \t\n\r'

type Word =
  | { readonly ok: true; readonly text: string; readonly end: number }
  | { readonly ok: false; readonly reason: string; readonly at: number }

function skipBlanks(command: string, from: number): number {
  let position = from
  while (position < command.length && BLANKS.includes(command[position]!)) position++
  return position
}

function readWord(command: string, start: number): Word {
  let text = ''
  let position = start
  while (position < command.length && !BLANKS.includes(command[position]!)) {
    const character = command[position]!
    if (character === "'") {
      const close = command.indexOf("'", position + 1)
      if (close === -1) return { ok: false, reason: "the quote ' is never closed", at: position }
      text += command.slice(position + 1, close)
      position = close + 1
    } else if (character === '"') {
      const quoted = readDoubleQuoted(command, position)
      if (!quoted.ok) return quoted
      text += quoted.text
      position = quoted.end
    } else if (character === '\\') {
      if (position + 1 === command.length) return { ok: false, reason: 'a backslash ends the command', at: position }
      const escaped = command[position + 1]!
      // A backslash before a line break joins the lines, as in a shell.
      if (escaped !== '\n') text += escaped
      position += 2
    } else {
      text += character
      position++
    }
  }
  return { ok: true, text, end: position }
}

/** Inside double quotes a backslash protects only these; before anything else it is itself (POSIX 2.2.3). */
const PROTECTED_IN_QUOTES = '$`"\\'

function readDoubleQuoted(command: string, start: number): Word {
  let text = ''
  for (let position = start + 1; position < command.length; position++) {
    const character = command[position]!
    if (character === '"') return { ok: true, text, end: position + 1 }
    const next = command[position + 1]
    if (character === '\\' && next !== undefined && (next === '\n' || PROTECTED_IN_QUOTES.includes(next))) {
      if (next !== '\n') text += next
      position++
    } else {
      text += character
    }
  }
  return { ok: false, reason: 'the quote " is never closed', at: start }
}
