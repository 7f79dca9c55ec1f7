/** Whether a gateway is ready for traffic: `check DIR`. One line says what it lacks. */
import { notReady, readReport } from './report.ts'

const reason = notReady(readReport(process.argv[2] ?? '.'))
if (reason !== null) process.stderr.write(`seaworthy: ${reason}\n`)
process.exit(reason === null ? 0 : 1)
