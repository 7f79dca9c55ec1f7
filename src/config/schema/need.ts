import { z } from 'zod'
import { duration, secretName, size, text, whole } from './fields.ts'

export const NEEDS = ['postgres', 'redis', 'kafka', 'sqlite', 'http'] as const

const topicSchema = z.strictObject({
  partitions: whole(1, 10_000).optional().describe('How many partitions. Default: what the server gives.'),
  retention: duration()
    .optional()
    .describe("How long messages are kept, such as '7d'. Default: what the server gives."),
})

/** Something services use: written with postgres(), redis(), kafka(), sqlite() or http(). */
export const needSchema = z.strictObject({
  kind: z.enum(NEEDS).describe('What it is: postgres, redis, kafka, sqlite or http (an external API).'),
  version: z
    .union([z.number(), text()], { error: "a version; write it as a number or text, such as 17 or '7.4'" })
    .optional()
    .describe('The version that must be there, checked against the server. Default: any supported one.'),
  url: secretName()
    .optional()
    .describe('The name of the secret that holds its URL. Default: the environment runs its own.'),
  role: z
    .enum(['store', 'cache'])
    .optional()
    .describe("redis only: a 'cache' may be lost, a 'store' must be backed up. Default 'store'."),
  size: size().optional().describe("Room for its data, such as '20GiB'. Default: what the target gives."),
  topics: z.record(text(), topicSchema).optional().describe('kafka only: the topics that must exist, by name.'),
})
