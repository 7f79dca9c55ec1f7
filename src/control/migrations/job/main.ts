/** The job of one migration: a child of the keeper, so that it ends well whoever dies meanwhile. Exits with 0 or 1. */
import { writeSync } from 'node:fs'
import { openDatabases } from '../databases/open.ts'
import { commanding, Errands, pouring } from './errands.ts'
import { ORDER_VARIABLE, type MigrationOrder } from './order.ts'
import { perform } from './perform.ts'
import { saveReport } from './report.ts'

const { [ORDER_VARIABLE]: text = '', ...environment } = process.env as Record<string, string>
const order = JSON.parse(text) as MigrationOrder
const errands = order.hasErrands === true ? new Errands(order.report, (line) => void writeSync(1, `${line}\n`)) : null
const isDone = await perform({
  order,
  databases: openDatabases(order.connections, order.scratch, errands === null ? undefined : pouring(errands)),
  environment,
  ...(errands === null ? {} : { runCommand: commanding(errands) }),
  save: (report) => saveReport(order.report, report),
  say: (line) => void writeSync(1, `seaworthy: ${line}\n`),
})
process.exitCode = isDone ? 0 : 1
