import { Decimal } from './decimal.ts'

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** '43.2 min' of 2 592 000 ms: in the largest unit of which there is at least one, to three digits behind the point. */
export function durationText(ms: Decimal): string {
  const [unit, size] = UNITS.find(([, each]) => !Decimal.of(each).isAbove(ms)) ?? ['ms', 1]
  return `${ms.dividedBy(Decimal.of(size), 3).toText()} ${unit}`
}

/** The same as the config writes it, exactly: '90s', '1500ms', '6h'. */
export function configDuration(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => ms >= each && ms % each === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}

/** '99.85%' of 0.9985, as the config writes it. */
export function configRatio(share: Decimal): string {
  return `${share.times(Decimal.of(100)).toText()}%`
}
