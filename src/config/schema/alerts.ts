import { z } from 'zod'
import { email, instant, label, pause, secretName, text, timer } from './fields.ts'

const SEVERITIES = ['P0', 'P1', 'P2', 'P3'] as const

const channelSchema = z.union(
  [
    z.strictObject({ slack: secretName().describe("The name of the secret that holds Slack's webhook URL.") }),
    z.strictObject({
      email: z.array(email()).min(1, { error: 'at least one address; add one' }).describe('Who is written to.'),
      smtp: secretName().describe("The name of the secret that holds the mail server's URL."),
    }),
    z.strictObject({ pagerduty: secretName().describe('The name of the secret that holds the integration key.') }),
    z.strictObject({ webhook: secretName().describe('The name of the secret that holds the URL to POST to.') }),
  ],
  {
    error:
      "one kind of channel with names of secrets; write { slack: 'NAME' }, { email: [...], smtp: 'NAME' }, { pagerduty: 'NAME' } or { webhook: 'NAME' }",
  },
)

const channels = () => z.array(text()).min(1, { error: 'at least one channel; add the name of one' })

/** Who is told when a promise is at risk. */
export const alertsSchema = z.strictObject({
  channels: z.record(label(), channelSchema).default({}).describe('Ways to reach people, by name. Default: none.'),
  heartbeat: secretName()
    .optional()
    .describe(
      'The name of the secret that holds a URL to POST to every minute, while alerts are evaluated. Default: none.',
    ),
  routes: z
    .array(
      z.strictObject({
        severity: z
          .array(z.enum(SEVERITIES))
          .optional()
          .describe('Which alerts: P0 (now) to P3 (some day). Default: all.'),
        to: channels().describe('The channels that are told.'),
        escalate: z
          .array(
            z.strictObject({
              after: timer().describe('How long nobody has answered.'),
              to: channels().describe('The channels that are told then.'),
            }),
          )
          .default([])
          .describe('Who is told when nobody answers. Default: nobody.'),
      }),
    )
    .default([])
    .describe('Which alerts go where. Default: all to every channel.'),
  maintenance: z
    .array(
      z.strictObject({
        from: instant().describe('Start, ISO 8601 with a zone.'),
        to: instant().describe('End, ISO 8601 with a zone.'),
        why: text().describe('The reason.'),
      }),
    )
    .default([])
    .describe('Times in which alerts are kept back. Default: none.'),
  rules: z
    .record(
      label(),
      z.strictObject({
        when: text().describe('The condition.'),
        for: pause().prefault('0s').describe('How long it has to hold. Default 0s.'),
        severity: z.enum(SEVERITIES).describe('P0 (now) to P3 (some day).'),
        runbook: text().optional().describe('Where the reader finds what to do. Default: the generated runbook.'),
      }),
    )
    .default({})
    .describe('Alerts beyond those the promises imply. Default: none.'),
})
