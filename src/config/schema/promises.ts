import { z } from 'zod'
import { duration, methodRoute, rate, ratio, span, text, timer, whole } from './fields.ts'

const onSchema = z.union(
  [
    text(),
    z.strictObject({
      service: text().describe('The service.'),
      route: methodRoute().optional().describe('One of its routes. Default: all of them.'),
    }),
  ],
  { error: "what the promise is on; write route('api', 'POST /orders'), the name of a need, or 'operate'" },
)

/** Seconds behind, or the time of the newest: both are told by the name's end. */
const LAG_METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*_seconds$/
const EXPECTED_LAG =
  "a metric in seconds; write 'orders_lag_seconds' (how far behind) or 'orders_newest_timestamp_seconds' (when the newest was made)"

const freshnessSchema = z.union(
  [
    span().transform((within): { within: number; metric?: string } => ({ within })),
    z.strictObject({
      within: span().describe('How far it may lag.'),
      metric: text()
        .regex(LAG_METRIC, { error: EXPECTED_LAG })
        .describe('The metric of a service that says how far it lags. Default: nothing says it.'),
    }),
  ],
  { error: "how far it may lag; write '30s', or { within: '30s', metric: 'orders_lag_seconds' }" },
)

/** A measurable statement the app owes. */
export const promiseSchema = z.strictObject({
  on: onSchema.describe("What it is on: route('api', 'POST /api/trades'), the name of a need, or 'operate'."),
  over: span().prefault('30d').describe('The window it is measured over. Default 30d.'),
  availability: ratio()
    .optional()
    .describe("The share of requests that are answered, such as '99.9%'. Default: not promised."),
  latency: z
    .strictObject({
      p50: timer().optional().describe('Half of the answers are faster than this.'),
      p95: timer().optional().describe('95 % of the answers are faster than this.'),
      p99: timer().optional().describe('99 % of the answers are faster than this.'),
    })
    .optional()
    .describe('How fast answers are. Default: not promised.'),
  errors: ratio().optional().describe("The share of answers that may fail, such as '0.1%'. Default: not promised."),
  throughput: rate()
    .optional()
    .describe("The rate at which the other promises hold, such as '300/s'. Default: whatever comes."),
  freshness: freshnessSchema
    .optional()
    .describe(
      "How far queues and replicas may lag: '30s', or { within: '30s', metric: 'orders_lag_seconds' }. Default: not promised.",
    ),
  without: z
    .record(
      text(),
      z.strictObject({
        p95: timer().optional().describe('95 % of the answers are faster than this then.'),
        errors: ratio().optional().describe('The share of answers that may fail then.'),
      }),
    )
    .optional()
    .describe('What is still owed when an optional need is gone. Default: the same.'),
  rpo: duration().optional().describe('On a need: how much of the newest data may be lost. Default: not promised.'),
  rto: timer().optional().describe('On a need: how long a restore may take. Default: not promised.'),
  keep: duration().optional().describe('On a need: how far back one can restore to. Default: not promised.'),
  detect: timer().optional().describe("On 'operate': how soon a fault is noticed. Default: not promised."),
  rollback: timer().optional().describe("On 'operate': how soon the old release serves again. Default: not promised."),
  deploy: z
    .strictObject({ failed: whole(0).optional().describe('Requests that one deploy may fail.') })
    .optional()
    .describe("On 'operate': what a deploy may cost. Default: not promised."),
})
