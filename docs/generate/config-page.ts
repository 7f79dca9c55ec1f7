import { notYetInEffect, type CheckedConfig } from '../../src/config/index.ts'
import { appSchema } from '../../src/config/schema/app.ts'
import {
  EXPECTED_DURATION,
  EXPECTED_FACTOR,
  EXPECTED_RATE,
  EXPECTED_RATIO,
  EXPECTED_SIZE,
} from '../../src/core/quantity.ts'
import { ANY_NAME, EACH, keysOf, type Key, type Schema } from './schema-keys.ts'

/** Every key of a config, as the schema knows them. */
export const configKeys: readonly Key[] = keysOf(appSchema as unknown as Schema)

const HEAD = `# Config reference

<!-- Made by \`npm run docs\` from src/config/schema; a test compares. Change the schema, not this page. -->

Every key that \`seaworthy.config.ts\` may hold. \`NAME\` stands for a name of your choice, \`[]\` for each entry of a list. Keys marked
**not yet** are accepted and checked, and \`seaworthy doctor\` names them: the part they belong to is not in effect in this version.

Quantities are text with a unit:
`

/** docs/reference/config.md. */
export function configPage(): string {
  const quantities = [EXPECTED_DURATION, EXPECTED_SIZE, EXPECTED_RATIO, EXPECTED_RATE, EXPECTED_FACTOR]
  const list = quantities.map((expected) => `- ${expected.replace(/; write/, ':')}`).join('\n')
  const groups = Map.groupBy(configKeys, ({ path }) => path.slice(0, -1).join('.'))
  const tables = new Map([...groups].map(([parent, keys]) => [parent, tableOf(keys)]))
  const isRepeated = (parent: string): boolean => firstLike(parent, tables) !== parent
  const sections = [...tables.keys()]
    // What lies inside something that is only a link is behind that link, too.
    .filter((parent) => ![...tables.keys()].some((outer) => parent.startsWith(`${outer}.`) && isRepeated(outer)))
    .map((parent) => sectionOf(parent, tables))
  return `${HEAD}\n${list}\n\n${sections.join('\n')}`
}

/** Overrides repeat what they override: a link says as much. */
function sectionOf(parent: string, tables: ReadonlyMap<string, string>): string {
  const title = parent === '' ? 'The app' : `\`${parent}\``
  const about = configKeys.find(({ path }) => path.join('.') === parent.replace(/(?:\.NAME|\[\])$/, ''))
  const intro = about === undefined ? '' : `${about.description}\n\n`
  const table = tables.get(parent)!
  const same = firstLike(parent, tables)
  const body = same === parent ? table : `The same keys as [\`${same}\`](#${anchorOf(same)}).\n`
  return `## ${title}\n\n${cell(intro)}${body}`
}

/** The first section that says exactly the same. */
function firstLike(parent: string, tables: ReadonlyMap<string, string>): string {
  return [...tables].find(([, other]) => other === tables.get(parent))![0]
}

/** As the common renderers of Markdown make it of a heading. */
function anchorOf(parent: string): string {
  return parent.toLowerCase().replaceAll(/[^a-z0-9_-]/g, '')
}

function tableOf(keys: readonly Key[]): string {
  const rows = keys.map((key) => {
    const { meaning, fallback } = split(key)
    return `| \`${key.path.at(-1)!}\`${markOf(key)} | ${cell(key.kind)} | ${cell(fallback)} | ${cell(meaning)} |\n`
  })
  return `| key | what to write | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('')}`
}

const DEFAULT = /\s*\bDefault:?\s+([^]*?)\.?$/

/** A description ends with its default. */
function split({ description, isRequired, filledIn, holdsKeys }: Key): { meaning: string; fallback: string } {
  const told = DEFAULT.exec(description)
  const meaning = told === null ? description : description.slice(0, told.index)
  if (isRequired) return { meaning: description, fallback: '**required**' }
  if (told !== null) return { meaning, fallback: told[1]! }
  return { meaning, fallback: filledIn === null ? (holdsKeys ? 'see its keys' : '') : `\`${String(filledIn)}\`` }
}

function markOf(key: Key): string {
  if (isNotYet(key)) return ' **not yet**'
  const choices = key.choices.filter((choice) => !isInEffect(key.path, choice))
  return choices.length === 0 ? '' : ` **not yet:** ${choices.join(', ')}`
}

/** What holds keys is not in effect when none of them is. */
function isNotYet(key: Key): boolean {
  const below = configKeys.filter((other) => !other.holdsKeys && isBelow(other, key))
  if (key.holdsKeys && below.length > 0) return below.every((other) => isNotYet(other))
  return key.choices.length > 0
    ? key.choices.every((choice) => !isInEffect(key.path, choice))
    : !isInEffect(key.path, 'a value')
}

function isBelow({ path }: Key, { path: outer }: Key): boolean {
  const plain = (part: string | undefined): string => part?.replace(EACH, '') ?? ''
  return path.length > outer.length && outer.every((part, index) => plain(part) === plain(path[index]))
}

/** Asks the very function that `doctor` asks, with a config of this one key. */
function isInEffect(path: readonly string[], value: string): boolean {
  const nested = path.toReversed().reduce<unknown>((held, part) => {
    const name = part === ANY_NAME ? 'name' : part.replace(EACH, '')
    return { [name]: part.endsWith(EACH) && held !== value ? [held] : held }
  }, value)
  return notYetInEffect({ file: '', folder: '', app: nested as CheckedConfig['app'] }).length === 0
}

/** In a table a bar would end the cell. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
