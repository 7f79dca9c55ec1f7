import type { ResolvedApp } from '../../../config/resolved.ts'
import type { Matcher } from '../../../core/series/labels.ts'
import type { AlertRule } from '../../../promises/alert-rule.ts'
import type { Alert } from '../alert.ts'

/** Who is told of what, as the config says. */
export type Routes = NonNullable<ResolvedApp['alerts']>['routes']

/** Somebody wants to hear nothing of some alerts for a while. */
export interface Silence {
  /** `s3`. */
  readonly id: string
  /** All have to match; `alertname` is a label as any other. */
  readonly matchers: readonly Matcher[]
  readonly by: string
  readonly reason: string
  readonly fromMs: number
  /** It ends by itself. */
  readonly toMs: number
}

/** What the stages judge by, at one instant. */
export interface Context {
  readonly nowMs: number
  /** Alerts that are over and not yet forgotten, with their rules: what they leave behind is theirs. */
  readonly ended: readonly Firing[]
  /** By name. */
  readonly rules: ReadonlyMap<string, AlertRule>
  readonly silences: readonly Silence[]
  /** Declared in the config: everything is kept back meanwhile. */
  readonly maintenance: readonly { readonly fromMs: number; readonly toMs: number; readonly why: string }[]
}

/** An alert that fires, or has fired, with its rule. */
export interface Firing {
  readonly key: string
  readonly alert: Alert
  readonly rule: AlertRule
}
