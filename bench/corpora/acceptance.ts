/** The acceptance table; anchors are the OWASP Core Rule Set 4 at paranoia level 1 / 2 on the same kind of corpora. */
import type { SetName } from './lines.ts'
import { groupBy, percent, shapeOf, tally } from './score.ts'
import type { Judged } from './score.ts'

export interface Row {
  readonly measure: string
  readonly target: string
  readonly value: string
  readonly counts: string
  readonly anchor: string
  readonly held: boolean
}

/** Of the payload lists: category, lowest percentage, anchor. */
const CLASSES: readonly (readonly [string, number, string])[] = [
  ['sqli', 97, '87.1 / 99.0'],
  ['xss', 98, '97.4 / 99.2'],
  ['path-traversal', 92, '88.4 / 92.1'],
  ['rce', 90, '76.5 / 91.7'],
  ['ssti', 92, '87.9 / 91.6'],
  ['xxe', 90, '67.4 / 68.4'],
  ['nosql', 90, '84.6 / 92.3'],
  ['ldap', 80, '26.7 / 40.0'],
]
/** What the anchor blocks of its own rules' tests, where that is not everything. */
const REGRESSION_ANCHOR: Readonly<Record<string, number>> = { protocol: 72.3 }
/** How far below the anchor a category may stay; one line in the small ones. */
const REGRESSION_SLACK = 2
const SMALL = 20

export function acceptance(judged: Readonly<Record<SetName, Judged[]>>, hinted: readonly Judged[]): Row[] {
  const { payloads, mixed, regression, traffic, tricky } = judged
  const core = [...traffic.filter(({ line }) => line.tier !== 'content'), ...tricky]
  const natural = traffic.filter(({ line }) => line.tier === 'natural')
  const content = traffic.filter(({ line }) => line.tier === 'content')
  const plain = mixed.filter(({ line }) => !/^base64/i.test(line.encoder ?? ''))
  return [
    atLeast('payloads total', payloads, 95, '89.1 / 95.3'),
    ...CLASSES.map(([category, least, anchor]) => {
      const lines = payloads.filter(({ line }) => line.category === category)
      return atLeast(`payloads ${category}`, lines, least, anchor)
    }),
    atLeast('mixed without base64 forms', plain, 85, '73.7 / 82.4'),
    ...regressionRows(regression),
    atMost('false positives, core', core, 0.5, '6.5 / 58'),
    atMost('false positives, natural', natural, 0.1, '1.3'),
    shapes(traffic),
    atMost('false positives, content unhinted', content, 10, '63 / 98'),
    atMost('false positives, content hinted', hinted, 0.5, '63 / 98'),
  ]
}

function regressionRows(regression: readonly Judged[]): Row[] {
  const first = regression.filter(({ line }) => line.pl === 1)
  return [...groupBy(first, ({ line }) => line.category)].map(([category, lines]) => {
    const anchor = REGRESSION_ANCHOR[category] ?? 100
    const least =
      anchor - Math.max(REGRESSION_SLACK, lines.length >= 5 && lines.length < SMALL ? 100 / lines.length : 0)
    return atLeast(`regression of level 1, ${category}`, lines, Number(least.toFixed(1)), String(anchor))
  })
}

function shapes(traffic: readonly Judged[]): Row {
  const api = traffic.filter(({ line }) => line.category === 'api-get' || line.category === 'api-json')
  const groups = [...groupBy(api, ({ line }) => shapeOf(line))].filter(([, lines]) => lines.length >= 3)
  const blocked = groups.filter(([, lines]) => lines.every(({ verdict }) => verdict.refused))
  return {
    measure: 'API shapes always blocked',
    target: '0',
    value: String(blocked.length),
    counts: `of ${groups.length}`,
    anchor: '4 of 30',
    held: blocked.length === 0,
  }
}

function atLeast(measure: string, lines: readonly Judged[], least: number, anchor: string): Row {
  const counted = tally(lines)
  const value = percent(counted)
  return row(measure, `>= ${least}`, counted, anchor, value + 1e-9 >= least)
}

function atMost(measure: string, lines: readonly Judged[], most: number, anchor: string): Row {
  const counted = tally(lines)
  return row(measure, `<= ${most}`, counted, anchor, percent(counted) <= most)
}

function row(measure: string, target: string, counted: ReturnType<typeof tally>, anchor: string, held: boolean): Row {
  return {
    measure,
    target,
    value: `${percent(counted).toFixed(2)} %`,
    counts: `${counted.blocked}/${counted.total}`,
    anchor,
    held,
  }
}
