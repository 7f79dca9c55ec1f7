import { seriesKey } from '../../core/series/labels.ts'
import { alertLabelsOf, type AlertRule } from '../../promises/alert-rule.ts'
import { noDataRule } from '../../promises/no-data-rule.ts'
import { promqlDuration } from '../../promises/expression.ts'
import type { Artefact } from '../family.ts'
import { yamlText } from '../yaml.ts'
import { casesOf, type Case } from './cases/cases.ts'
import type { Track } from './cases/track.ts'
import { originOf, ruleFileOf, ruleSetOf } from './rules.ts'

/**
 * promtool's unit tests of the rules: beside each file of rules one for each step between samples, since a file of tests
 * has only one.
 */
export function ruleTests(rules: readonly AlertRule[]): readonly Artefact[] {
  const all = rules.flatMap((rule) => {
    const cases = knownCasesOf(rule)
    return typeof cases === 'string' ? [] : cases.map((each) => ({ rule, each }))
  })
  const byFile = Map.groupBy(all, ({ rule, each }) => testsPath(rule, each.stepMs))
  return [...byFile].map(([path, cases]) => ({
    path,
    text: yamlText({
      rule_files: [`../${ruleFileOf(ruleSetOf(cases[0]!.rule))}`],
      evaluation_interval: promqlDuration(cases[0]!.each.stepMs),
      tests: cases.map(({ rule, each }) => testOf(rule, each)),
    }),
    comment: '#' as const,
    because: [...new Set(cases.map(({ rule }) => rule))].map((rule) => ({ what: rule.name, from: originOf(rule) })),
  }))
}

/** Rules for which no tests could be made, with the reason. */
export function untestedRules(
  rules: readonly AlertRule[],
): readonly { readonly rule: AlertRule; readonly why: string }[] {
  return rules.flatMap((rule) => {
    const cases = knownCasesOf(rule)
    return typeof cases === 'string' ? [{ rule, why: cases }] : []
  })
}

/** Rules of one app; beyond, nothing is remembered of any. */
const KNOWN_MAX = 5_000
const known = new Map<string, ReturnType<typeof casesOf>>()

/** Of one rule they are asked for five times, by the files and by their checks, and take some tenths of a second to find. */
export function knownCasesOf(rule: AlertRule): ReturnType<typeof casesOf> {
  const key = JSON.stringify(rule)
  let cases = known.get(key)
  if (cases === undefined) {
    if (known.size >= KNOWN_MAX) known.clear()
    known.set(key, (cases = casesOf(rule)))
  }
  return cases
}

function testsPath(rule: AlertRule, stepMs: number): string {
  return `monitoring/prometheus/tests/${ruleSetOf(rule)}-every-${promqlDuration(stepMs)}.yml`
}

/** Asks for ALERTS: its labels say all that matters, and no digit of a value in an annotation can spoil it. */
function testOf(rule: AlertRule, { name, stepMs, untilMs, tracks, checks }: Case): object {
  return {
    name,
    interval: promqlDuration(stepMs),
    input_series: tracks.map((track) => ({
      series: seriesKey(track.metric, track.labels),
      values: valuesOf(track, stepMs, untilMs),
    })),
    promql_expr_test: checks.map(({ atMs, alert, firing }) => ({
      expr: `ALERTS{alertname="${alert}",alertstate="firing"}`,
      eval_time: promqlDuration(atMs),
      exp_samples: firing.map((labels) => ({
        labels: seriesKey('ALERTS', {
          ...labels,
          ...alertLabelsOf(alert === rule.name ? rule : (noDataRule(rule) ?? rule)),
          alertname: alert,
          alertstate: 'firing',
        }),
        value: 1,
      })),
    })),
  }
}

/** `start+increment×count` for each phase. A counter begins so high that nothing is taken for its start from zero. */
function valuesOf({ kind, phases }: Track, stepMs: number, untilMs: number): string {
  const last = Math.round(untilMs / stepMs)
  const spans = phases
    .map(({ fromMs, level }, index) => ({
      level,
      first: index === 0 ? 0 : Math.ceil(fromMs / stepMs) + (kind === 'counter' ? 1 : 0),
      end:
        index + 1 < phases.length
          ? Math.ceil(phases[index + 1]!.fromMs / stepMs) + (kind === 'counter' ? 1 : 0)
          : last + 1,
    }))
    .filter(({ first, end }) => end > first)
  if (kind === 'gauge') return spans.map(({ level, first, end }) => `${decimal(level)}+0x${end - first - 1}`).join(' ')
  const grain = grainOf(spans.map(({ level }) => (level * stepMs) / 1_000))
  const increments = spans.map(({ level }) => Math.round((level * stepMs) / 1_000 / grain) * grain)
  let value = Math.ceil(spans.reduce((sum, { first, end }, index) => sum + increments[index]! * (end - first), 1))
  return spans
    .map(({ first, end }, index) => {
      const start = index === 0 ? value : value + increments[index]!
      value = start + increments[index]! * (end - first - 1)
      return `${decimal(start)}+${decimal(increments[index]!)}x${end - first - 1}`
    })
    .join(' ')
}

/**
 * The power of two of which increments are written as multiples: then sums of them are exact, and no rounding looks like
 * the reset of a counter. Within a ten thousandth of the smallest increment.
 */
function grainOf(increments: readonly number[]): number {
  const smallest = Math.min(...increments.filter((each) => each > 0))
  return smallest === Infinity ? 1 : 2 ** Math.floor(Math.log2(smallest / 10_000))
}

/** Never with an exponent; exact for the multiples of a power of two that counters are made of. */
function decimal(value: number): string {
  const text = value.toFixed(Number.isInteger(value * 2 ** 40) ? 40 : 12)
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
