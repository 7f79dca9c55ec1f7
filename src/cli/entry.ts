/** What `bin/seaworthy.js` loads once it knows that this Node is new enough. */
import { main } from './main.ts'
import { unheard } from './output.ts'

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  unheard()
})
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
})
const code = await main(process.argv.slice(2))
process.exitCode = code
// A call to control that nobody waits for any more must not keep a command that was interrupted.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
