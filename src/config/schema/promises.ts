import { z } from 'zod'
import { duration, methodRoute, rate, ratio, text, timer, whole } from './fields.ts'

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

/** A measurable statement the app owes. */
export const promiseSchema = z.strictObject({
  on: onSchema.describe("What it is on: route('api', 'POST /api/trades'), the name of a need, or 'operate'."),
  over: duration().prefault('30d').describe('The window it is measured over. Default 30d.'),
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
  freshness: duration().optional().describe('How far queues and replicas may lag. Default: not promised.'),
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
