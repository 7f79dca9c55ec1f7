import { z } from 'zod'
import { parseDuration } from '../../core/quantity.ts'
import { duration, matching, secretName, text, withoutPassword } from './fields.ts'

const EXPECTED_EVERY = "a duration or five cron fields; write it such as '6h' or '30 2 * * *'"
const CRON = /^(?:[\d*,/-]+\s+){2}[\d*,/-]+\s+[\dA-Za-z*,/-]+\s+[\dA-Za-z*,/-]+$/

/** How a need is backed up. */
export const backupSchema = z.strictObject({
  every: z
    .string({ error: EXPECTED_EVERY })
    .refine(isSchedule, { error: EXPECTED_EVERY })
    .optional()
    .describe("How often: a duration such as '6h', or a cron line. Default: as often as the promised rpo asks for."),
  to: z
    .array(
      matching(
        /^(?:file:|s3:\/\/)\S+$/,
        "a place for backups; write it such as 'file:backups' or 's3://bucket/prefix'",
      ).refine(...withoutPassword),
    )
    .min(1, { error: "at least one place; add one such as 'file:backups'" })
    .describe("Where to: 'file:…' or 's3://…'; every place gets every backup."),
  keep: duration().optional().describe('How long backups are kept. Default: as long as the promised keep asks for.'),
  full: text()
    .optional()
    .describe("How often a backup is a full one, such as '7d' or a cron line. Default: every one."),
  encryptTo: secretName()
    .optional()
    .describe('The name of the secret that holds the key to encrypt with. Default: not encrypted.'),
  verify: z
    .enum(['each', 'daily', 'weekly'])
    .default('each')
    .describe("Which backups are restored to see that they can be. Default 'each'."),
})

function isSchedule(value: string): boolean {
  const asDuration = parseDuration(value)
  return asDuration.ok ? asDuration.value > 0 : value.length <= 100 && CRON.test(value)
}
