import { metricsOf, type Expression } from '../../../promises/expression.ts'

/** A dashboard as a value: what Grafana draws, and what a test asks of a live Prometheus. */
export interface Board {
  /** `service`: part of its uid, which is fixed so that links to it stay right. */
  readonly name: string
  readonly title: string
  readonly rows: readonly Row[]
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

export interface Panel {
  readonly title: string
  /** Grafana's name of a unit. */
  readonly unit: 'percentunit' | 'reqps' | 's' | 'bytes' | 'short' | 'dateTimeFromNow' | 'Bps' | 'bool'
  readonly queries: readonly Query[]
}

export interface Query {
  readonly expression: Expression
  /** `{{service}}`, and words. */
  readonly legend: string
}

/** Every metric that the panels of a board read, once each. */
export function metricsOfBoard({ rows }: Board): ReadonlySet<string> {
  return new Set(queriesOf(rows).flatMap(({ expression }) => metricsOf(expression)))
}

export function queriesOf(rows: readonly Row[]): readonly Query[] {
  return rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries))
}

export function panel(
  title: string,
  unit: Panel['unit'],
  ...queries: readonly (readonly [Expression, string])[]
): Panel {
  return { title, unit, queries: queries.map(([expression, legend]) => ({ expression, legend })) }
}
