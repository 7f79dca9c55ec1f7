import { matchesAt } from '../text.ts'

/** A form that betrays a shell whatever the command, found at a dollar sign, slash, bracket or brace. */
interface Sign {
  readonly rule: string
  readonly at: string
  readonly pattern: RegExp
}

/** Each pattern is tried where its first character stands; all are bounded. */
const SIGNS: readonly Sign[] = [
  // A function definition as a value: what bash once ran when it read its environment.
  {
    rule: 'shellshock',
    at: '(',
    pattern: /\(\)\s{0,8}\{(?:\s{0,4}:\s{0,4};|\s{0,4}$|\s{0,4}[^}]{0,4};\s{0,4}\}\s{0,4};)/y,
  },
  { rule: 'field-separator', at: '$', pattern: /\$\{?ifs\b/iy },
  { rule: 'device', at: '/', pattern: /\/dev\/(?:tcp|udp)\/[\w.$]/iy },
  // ${PATH#{}/}, ${x//a/b}, ${x^^}, ${PATH:0:1}: operators of expansion that template languages have not.
  {
    rule: 'expansion',
    at: '$',
    pattern: /\$\{!?[a-z_]\w{0,31}(?:##?[^}\s]|%%?[^}\s]|\^\^?[,}]|,,?\}|\/\/|:-?\d{1,3}:-?\d)/iy,
  },
  // $'\x63at', $"…": strings whose escapes only a shell reads.
  { rule: 'quoting', at: '$', pattern: /\$'(?:\\[x0-9u]|[a-z]+')/iy },
  { rule: 'arithmetic', at: '$', pattern: /\$\(\(\s{0,4}\d{1,9}\s{0,4}[-+*%]\s{0,4}\d{1,9}\s{0,4}\)\)/y },
  { rule: 'interpreter', at: '$', pattern: /\$\{?shell\}?\s{1,8}-c\b/iy },
  // %ProgramFiles:~10,1%: a substring of a variable of cmd.exe.
  { rule: 'substring', at: '%', pattern: /%\w{2,24}:~-?\d{1,3}(?:,-?\d{1,3})?%/y },
  { rule: 'set', at: 's', pattern: /set \/a\s{1,8}["(\d]/iy },
]

const BY_CHAR = new Map<number, readonly Sign[]>()
for (const sign of SIGNS) {
  const code = sign.at.charCodeAt(0)
  BY_CHAR.set(code, [...(BY_CHAR.get(code) ?? []), sign])
}

/** The rule of the sign at `at`; null when none stands there. */
export function signAt(text: string, at: number): string | null {
  for (const sign of BY_CHAR.get(text.charCodeAt(at)) ?? []) if (matchesAt(sign.pattern, text, at)) return sign.rule
  return null
}

/** One component with a class in brackets inside a name, a run of `?`, or two of them where no query stands. */
const GLOB =
  /\/(?:[\w.-]{0,24}(?:[a-z0-9]\[[^\]\s=&]{1,8}\]|\[[^\]\s=&]{1,8}\][a-z0-9])|[\w.]{0,16}\?{2}|[\w.]{0,16}\?[\w.]{0,16}(?:\?|\/[\w.]{0,16}\?)(?![^\s]{0,16}=))/iy

/** A path that only a shell's globbing makes sense of: `/???/c?t`, `/etc/pas[s]wd`. Routes such as `/a/[id]` are whole segments. */
export function globbed(text: string, at: number): boolean {
  return matchesAt(GLOB, text, at)
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
