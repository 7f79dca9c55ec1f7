/** The entry of a bridge's far end: `bridge STATE`, speaking over stdin and stdout until one of them ends. */
import { socketPath } from '../../keeper/paths.ts'
import { serveFarEnd } from './far-end.ts'
import { joinPipes } from './pipes.ts'

const [state] = process.argv.slice(2)
if (state === undefined) {
  process.stderr.write('seaworthy: name the state folder\n')
  process.exit(2)
}
const { stdin, stdout } = process
const line = joinPipes(stdin, stdout)
for (const pipe of [stdin, stdout]) pipe.once('close', () => line.destroy())
await serveFarEnd(line, () => socketPath(state, 'control'))
process.exit(0)
