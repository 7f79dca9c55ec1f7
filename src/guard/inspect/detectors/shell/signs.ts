/** Forms that betray a shell whatever the command. */
import { isLetter } from '../text.ts'
import { lowerUnits } from '../../scan/units.ts'

interface Sign {
  readonly rule: string
  /** A bit of NEEDS: a text without it is done. */
  readonly needs: number
  readonly pattern: RegExp
}

const NEEDS = {
  function: 1, // ()
  ifs: 2,
  device: 4, // /dev/
  expansion: 8, // ${
  quoting: 16, // $'
  arithmetic: 32, // $((
  shell: 64,
  substring: 128, // :~
  brace: 256, // {
  set: 512, // set /a
} as const

const SIGNS: readonly Sign[] = [
  // A function definition as a value: what bash once ran when it read its environment.
  {
    rule: 'shellshock',
    needs: NEEDS.function,
    pattern: /^\s{0,8}\(\)\s{0,8}\{\s{0,4}$|\(\)\s{0,8}\{(?:\s{0,4}:\s{0,4};|\s{0,4}[^}]{0,4};\s{0,4}\}\s{0,4};)/,
  },
  { rule: 'field-separator', needs: NEEDS.ifs, pattern: /\$\{?ifs\b/i },
  { rule: 'device', needs: NEEDS.device, pattern: /\/dev\/(?:tcp|udp)\/[\w.$]/i },
  // ${PATH#{}/}, ${x//a/b}, ${x^^}, ${PATH:0:1}: operators of expansion that template languages have not.
  {
    rule: 'expansion',
    needs: NEEDS.expansion,
    pattern: /\$\{!?[a-z_]\w{0,31}(?:##?[^}\s]|%%?[^}\s]|\^\^?[,}]|,,?\}|\/\/|:-?\d{1,3}:-?\d)/i,
  },
  // $'\x63at': strings whose escapes only a shell reads.
  { rule: 'quoting', needs: NEEDS.quoting, pattern: /\$'(?:\\[x0-9u]|[a-z]+')/i },
  {
    rule: 'arithmetic',
    needs: NEEDS.arithmetic,
    pattern: /\$\(\(\s{0,4}\d{1,9}\s{0,4}[-+*%]\s{0,4}\d{1,9}\s{0,4}\)\)/,
  },
  { rule: 'interpreter', needs: NEEDS.shell, pattern: /\$\{?shell\}?\s{1,8}-c\b/i },
  // %ProgramFiles:~10,1%: a substring of a variable of cmd.exe.
  { rule: 'substring', needs: NEEDS.substring, pattern: /%\w{2,24}:~-?\d{1,3}(?:,-?\d{1,3})?%/ },
  // {cat,/etc/passwd}: a command without blanks.
  { rule: 'braces', needs: NEEDS.brace, pattern: /\{[a-z][a-z0-9]{1,15},(?:\/|-[a-z])[^{}\s]{0,128}\}/i },
  { rule: 'set', needs: NEEDS.set, pattern: /\bset \/a\s{1,8}["(\d]/i },
]

/** Tells of each sign in `text`; `lower` is the same in lower case. */
export function signsIn(text: string, lower: string, found: (rule: string, start: number, end: number) => void): void {
  const present = needsOf(lowerUnits(lower), lower.length)
  if (present === 0) return
  for (const { rule, needs, pattern } of SIGNS) {
    if ((present & needs) === 0) continue
    const match = pattern.exec(text)
    if (match !== null) found(rule, match.index, match.index + match[0].length)
  }
}

/** Characters that what is needed stands behind: the second of `$…`, and others that are rare by themselves. */
const MARKS = new Uint8Array(128)
for (const char of '$({/~') MARKS[char.charCodeAt(0)] = 1

/** Bits of NEEDS, in one pass: a search for each of them would stop at every dollar of a text of dollars. */
function needsOf(units: Uint16Array, length: number): number {
  let needs = 0
  for (let at = 0; at < length; at++) {
    const code = units[at]!
    if (code > 127 || MARKS[code] === 0) continue
    const next = units[at + 1]!
    switch (code) {
      case 36: // $
        if (next === 39) needs |= NEEDS.quoting
        else if (next === 40) needs |= units[at + 2] === 40 ? NEEDS.arithmetic : 0
        else {
          const first = next === 123 ? units[at + 2]! : next
          if (next === 123) needs |= NEEDS.expansion
          if (first === 105) needs |= NEEDS.ifs
          else if (first === 115) needs |= NEEDS.shell
        }
        break
      case 40: // (
        if (next === 41) needs |= NEEDS.function
        break
      case 123: // {
        if (isLetter(next)) needs |= NEEDS.brace
        break
      case 47: // /
        if (next === 100) needs |= NEEDS.device
        else if (next === 97 && units[at - 1] === 32) needs |= NEEDS.set
        break
      default: // ~
        if (at > 0 && units[at - 1] === 58) needs |= NEEDS.substring
    }
  }
  return needs
}

/** Longest value looked through for globs: a path has no more. */
const GLOB_TEXT_MAX = 4096
/** One component with a class in brackets inside a name, a run of `?`, or two of them where no query stands. */
const GLOB =
  /\/(?:[\w.-]{0,24}(?:[a-z0-9]\[[^\]\s=&]{1,8}\]|\[[^\]\s=&]{1,8}\][a-z0-9])|[\w.]{0,16}\?{2}|[\w.]{0,16}\?[\w.]{0,16}(?:\?|\/[\w.]{0,16}\?)(?![^\s]{0,16}=))/i

/** Where a path begins that only a shell's globbing makes sense of: `/???/c?t`, `/etc/pas[s]wd`; -1 for none. `/a/[id]` is a route. */
export function globIn(text: string): number {
  return text.length <= GLOB_TEXT_MAX && (text.includes('?') || text.includes('[')) ? text.search(GLOB) : -1
}

/** `f(){ f|f& };f` */
const FORK_BOMB = /^\W{0,8}([\w:]{1,16})\s{0,4}\(\)\s{0,4}\{\s{0,4}\1\s{0,4}\|\s{0,4}\1\s{0,4}&/

/** `alias name=…` as the whole line: it changes what the next command means. */
const ALIAS = /^\s{0,8}(?:un)?alias\s{1,8}(?:[-+]\w\s{1,8})?['"]?[\w.-]{1,32}['"]?=\S/i

/** `>/tmp/x`, `>>/var/www/x` with nothing before it. */
const REDIRECTION = /^\s{0,8}\d?>{1,2}\s{0,4}\/\w[\w.-]{0,32}\/\w/

/** Forms that are a shell's when they are the whole value. */
const WHOLE = [
  { rule: 'fork-bomb', pattern: FORK_BOMB },
  { rule: 'alias', pattern: ALIAS },
  { rule: 'redirection', pattern: REDIRECTION },
  // `~+`, `~-2`: the stack of directories. `!-1`: the history.
  { rule: 'tilde', pattern: /^~[-+]\d{0,3}$/ },
  { rule: 'history', pattern: /^!-\d[-!\d]{0,16}$/ },
  // {ls,}, {,ip,a}, c{a,oun}t: alternatives that are empty or parts of one word.
  {
    rule: 'braces',
    pattern: /^(?:\{,[^{}\s:"]{1,64}\}|\{[^{}\s:"]{1,64},\}|[a-z]{0,8}\{[^{}\s:"]{0,32},[^{}\s:"]{0,32}\}[a-z]{1,8})$/i,
  },
] as const

/** The rule of the form that `text` is, as a whole; null when it is none. */
export function wholeSign(text: string): string | null {
  if (text.length > 512) return FORK_BOMB.test(text) ? 'fork-bomb' : null
  for (const { rule, pattern } of WHOLE) if (pattern.test(text)) return rule
  return null
}
