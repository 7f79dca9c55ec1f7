import { z } from 'zod'
import { alertsSchema } from './alerts.ts'
import { backupSchema } from './backups.ts'
import { environmentSchema } from './environment.ts'
import { label, secretName, text } from './fields.ts'
import { gatewaySchema } from './gateway.ts'
import { guardSchema } from './guard.ts'
import { needSchema } from './need.ts'
import { promiseSchema } from './promises.ts'
import { serviceSchema } from './service.ts'

const ownerSchema = z.strictObject({
  team: text().optional().describe('The team. Default: not named.'),
  repo: text().optional().describe('Where the source lives. Default: not named.'),
  pager: secretName()
    .optional()
    .describe('The name of the secret that holds the URL that pages the owner. Default: nobody is paged.'),
})

const named = <Schema extends z.ZodType>(schema: Schema) => z.record(label(), schema)

/** What one seaworthy.config.ts describes. The input type is what people write, the output what it means. */
export const appSchema = z.strictObject({
  name: label().describe('The name of the app: a-z, 0-9 and -, at most 40 characters.'),
  owner: ownerSchema.optional().describe('Who answers for it. Default: nobody.'),
  needs: named(needSchema).default({}).describe('What services use, by name. Default: nothing.'),
  services: named(serviceSchema)
    .refine((services) => Object.keys(services).length > 0, {
      error: "at least one service; add one such as api: { start: 'node main.ts', routes: ['/'] }",
    })
    .describe('What runs, by name.'),
  gateway: gatewaySchema.prefault({}).describe('The front door.'),
  guard: guardSchema.optional().describe('Who may do what.'),
  promises: named(promiseSchema).default({}).describe('What the app owes, by name. Default: nothing.'),
  backups: z
    .record(text(), backupSchema)
    .default({})
    .describe('How needs are backed up, by need. Default: not at all.'),
  alerts: alertsSchema.optional().describe('Who is told what.'),
  environments: named(environmentSchema)
    .refine((environments) => Object.keys(environments).length > 0, {
      error: "at least one environment; add one such as local: { target: 'process' }",
    })
    .describe('Where it runs, by name.'),
})

/** What people write. */
export type App = z.input<typeof appSchema>
/** The same with defaults filled in and every quantity parsed. */
export type FilledApp = z.output<typeof appSchema>

export type Need = z.input<typeof needSchema>
export type Service = z.input<typeof serviceSchema>
export type GatewayOptions = z.input<typeof gatewaySchema>
export type GuardOptions = z.input<typeof guardSchema>
export type PromiseOf = z.input<typeof promiseSchema>
export type BackupPlan = z.input<typeof backupSchema>
export type AlertOptions = z.input<typeof alertsSchema>
export type Environment = z.input<typeof environmentSchema>
