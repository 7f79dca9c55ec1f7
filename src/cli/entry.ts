/** What `bin/seaworthy.js` loads once it knows that this Node is new enough. */
import { main } from './main.ts'
import { unheard } from './output.ts'

/** A pipe whose reader has had enough, as in `seaworthy logs | head`; a terminal that was closed. */
const UNHEARD: readonly unknown[] = ['EPIPE', 'EIO']
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (!UNHEARD.includes(error.code)) throw error
  unheard()
})
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  if (!UNHEARD.includes(error.code)) throw error
})
const code = await main(process.argv.slice(2))
process.exitCode = code
// A call to control that nobody waits for any more must not keep a command that was interrupted.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)))
