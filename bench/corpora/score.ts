import { createInspector } from '../../src/guard/inspect/inspector.ts'
import type { Inspector } from '../../src/guard/inspect/inspector.ts'
import type { InspectVerdict } from '../../src/guard/inspect/verdict.ts'
import type { FieldHint } from '../../src/guard/threats.ts'
import { requestOf } from './lines.ts'
import type { Line } from './lines.ts'

export interface Judged {
  readonly line: Line
  readonly verdict: InspectVerdict
}

/** Each line's verdict, by a guard that blocks and knows nothing of the application. */
export function judgeAll(lines: readonly Line[], inspector = guardWith({})): Judged[] {
  return lines.map((line) => ({ line, verdict: judge(line, inspector) }))
}

export function judge(line: Line, inspector: Inspector): InspectVerdict {
  const { request, body } = requestOf(line)
  const head = inspector.head(request)
  if (head.refused || body === null) return head
  const reader = inspector.body(request)
  if (reader === null) return head
  reader.push(body)
  const rest = reader.end()
  return rest.score > head.score ? rest : head
}

/** With hints for fields of any route. */
export function guardWith(fields: Readonly<Record<string, FieldHint>>): Inspector {
  return createInspector({
    threats: 'block',
    routes: [{ host: null, method: null, path: '/', fields }],
    exceptions: [],
  })
}

/** The hints that an application with such a field would give, by the kind of traffic. */
export function hintOf(category: string): FieldHint {
  return category === 'rich-html' ? 'html' : 'code'
}

/** What an application with such a field would say of it: the longest of the line's fields, any where it is multipart. */
export function hintedFields(line: Line): Record<string, FieldHint> {
  const hint = hintOf(line.category)
  if (line.body === null) return longest(new URLSearchParams(line.path.split('?')[1] ?? ''), hint)
  if (line.body.startsWith('{')) return longest(Object.entries(JSON.parse(line.body) as Record<string, unknown>), hint)
  if (line.body.startsWith('--')) return { '*': hint }
  return longest(new URLSearchParams(line.body), hint)
}

function longest(entries: Iterable<readonly [string, unknown]>, hint: FieldHint): Record<string, FieldHint> {
  const [first] = [...entries].toSorted((a, b) => String(b[1]).length - String(a[1]).length)
  return first === undefined ? {} : { [first[0]]: hint }
}

export interface Tally {
  readonly total: number
  readonly blocked: number
  readonly told: number
}

export function tally(judged: readonly Judged[]): Tally {
  return {
    total: judged.length,
    blocked: judged.filter(({ verdict }) => verdict.refused).length,
    told: judged.filter(({ verdict }) => verdict.told && !verdict.refused).length,
  }
}

export function percent({ total, blocked }: Tally): number {
  return total === 0 ? 0 : (blocked / total) * 100
}

/** Groups in the order in which they are met. */
export function groupBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}

/** The shape of an API line: its method and the part of its path that does not vary. */
export function shapeOf(line: Line): string {
  const path = line.path.split('?')[0]!.split('/').slice(0, 3).join('/')
  return `${line.category} ${line.method} ${path
    .replaceAll(/\d+/g, 'N')
    .replaceAll(/[0-9a-f]{8,}|app\.\w+/gi, 'X')
    .replaceAll(/%2F.*/gi, '')}`
}
