/** A variable that a program says it lacks. */
export interface MissingVariable {
  readonly name: string
  /** Whether the line can mean nothing else; a KeyError may be of any dictionary. */
  readonly isSure: boolean
}

const NAME = `["'\`]?\\b([A-Z][A-Z0-9_]{2,63})\\b["'\`]?`
const LACKS = `(?:is |was |are )?(?:not (?:set|defined|found|provided|present|configured)|missing|required|undefined|unset|empty|needed)`

/** How runtimes and libraries name a variable that is not there; the first group is the name. */
const FORMS: readonly (readonly [form: RegExp, isSure: boolean])[] = [
  // 'DATABASE_URL is not set', '"JWT_KEY" is required', 'SECRET_KEY not found. Declare it as envvar', Rust's expect()
  [
    new RegExp(
      `${NAME}(?: environment| env)?(?: variable| var| secret)?:? (?:must be set|must not be empty|should not be empty|has no value|${LACKS})`,
      'g',
    ),
    true,
  ],
  // 'Missing required environment variable: X', 'required key X missing value', 'environment variable "X" …'
  [
    new RegExp(
      `(?:[Mm]issing|MISSING|[Rr]equired?|[Uu]ndefined|[Nn]o|[Ss]et(?: the)?|not find|not found|could not fetch)[^\\n]{0,40}?(?:env\\w*|variables?|vars?|secrets?|keys?|setting|value)\\b[^\\nA-Z]{0,12}${NAME}`,
      'g',
    ),
    true,
  ],
  [new RegExp(`[Mm]issing(?: required)?:? ${NAME}`, 'g'), true],
  [new RegExp(`[Ee]nvironment variable ${NAME}|[Ss]et the ${NAME} environment variable`, 'g'), true],
  // Prisma, Spring, shells
  [new RegExp(`[Ee]nvironment variable not found: ${NAME}`, 'g'), true],
  [new RegExp(`Could not resolve placeholder ${NAME}`, 'g'), true],
  [
    new RegExp(
      `${NAME}: (?:parameter (?:null or )?not set|unbound variable|parameter not set|undefined$|Required\\b)`,
      'gm',
    ),
    true,
  ],
  // Ruby's ENV.fetch
  [new RegExp(`key not found: ${NAME}`, 'g'), true],
  // zod before 4 and others: { DATABASE_URL: [ 'Required' ] }
  [new RegExp(`${NAME}: \\[\\s*["'](?:Required|Invalid input: expected \\w+, received undefined)`, 'g'), true],
  // zod's prettified errors
  [new RegExp(`received undefined\\s+(?:→|->) at ${NAME}`, 'g'), true],
]
/** zod's issues, as JSON or as Node prints objects. */
const ZOD_PATH = new RegExp(`["']?path["']?:\\s*\\[\\s*${NAME}\\s*\\]`, 'g')
const ZOD_UNDEFINED = /received undefined|["']?received["']?:\s*["']undefined["']|["']Required["']/
const ZOD_REACH = 240
/** pydantic: the field stands in the line above. */
const PYDANTIC = /^\s*([A-Za-z_]\w*)\n\s+[Ff]ield required/gm
const KEY_ERROR = new RegExp(`KeyError: ${NAME}`, 'g')
/** The traceback goes through Python's own module `os`. */
const FROM_ENVIRON = /os\.environ|environ\[|getenv|<frozen os>|\/os\.py"/
// oxlint-disable-next-line no-control-regex -- colours of a terminal
const COLOUR = /\u001b\[[\d;]*m/g
/** Words in capitals that are no variables. */
const WORDS = new Set([
  'ERROR',
  'FATAL',
  'WARN',
  'WARNING',
  'INFO',
  'HTTP',
  'HTTPS',
  'URL',
  'API',
  'JSON',
  'TLS',
  'SSL',
  'SQL',
  'THE',
  'ENV',
  'NULL',
  'AND',
  'NOT',
])

/** Variables that the last lines of a program call missing, each once, in the order of their lines. */
export function missingVariables(lines: readonly string[]): readonly MissingVariable[] {
  const text = lines.join('\n').replaceAll(COLOUR, '')
  const found: { name: string; isSure: boolean; at: number }[] = []
  const note = (name: string | undefined, isSure: boolean, at: number): void => {
    if (name !== undefined && !WORDS.has(name)) found.push({ name, isSure, at })
  }
  for (const [form, isSure] of FORMS) {
    for (const match of text.matchAll(form)) note(match[1] ?? match[2], isSure, match.index)
  }
  for (const match of text.matchAll(ZOD_PATH)) {
    const around = text.slice(Math.max(0, match.index - ZOD_REACH), match.index + match[0].length + ZOD_REACH)
    if (ZOD_UNDEFINED.test(around)) note(match[1], true, match.index)
  }
  if (/pydantic|ValidationError/.test(text)) {
    for (const match of text.matchAll(PYDANTIC)) note(match[1]!.toUpperCase(), true, match.index)
  }
  for (const match of text.matchAll(KEY_ERROR)) note(match[1], FROM_ENVIRON.test(text), match.index)
  const names = new Map<string, MissingVariable>()
  for (const { name, isSure } of found.toSorted((one, other) => one.at - other.at)) {
    if (names.get(name)?.isSure !== true) names.set(name, { name, isSure })
  }
  return [...names.values()]
}
