/**
 * The label `le` of a bucket of durations: the bound in seconds, in the one form that OpenMetrics allows (`1.0`, never `1`),
 * which Prometheus from 3.0 on makes of any other. Whoever names a bucket, in a rule or a panel, takes it from here.
 * @param boundMs milliseconds; Infinity for the last bucket
 */
export function leOf(boundMs: number): string {
  if (boundMs === Number.POSITIVE_INFINITY) return '+Inf'
  // Divided in decimal: 4.1 / 1000 would be 0.0040999999999999995.
  const text = String(Number(`${boundMs}e-3`))
  return /[.e]/.test(text) ? text : `${text}.0`
}
