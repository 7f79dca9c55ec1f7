export { defineApp, http, kafka, postgres, redis, route, sqlite } from './config/define.ts'
export type {
  AlertOptions,
  App,
  BackupPlan,
  Environment,
  GatewayOptions,
  GuardOptions,
  Need,
  PromiseOf,
  Service,
} from './config/schema/app.ts'
