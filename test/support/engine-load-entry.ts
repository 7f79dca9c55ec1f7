/** `engine-load-entry.ts PORT CLIENTS`: load until the parent says that it is enough; each answer is told to it. */
import { startLoad } from './load.ts'

const [port, clients] = process.argv.slice(2).map(Number)
const load = startLoad({
  port: port!,
  clients: clients!,
  keep: false,
  onAnswer: (answer) => process.connected && process.send!(answer),
})
process.once('message', () => void load.stop().then(() => process.disconnect()))
// Without its parent it has nobody to tell.
process.once('disconnect', () => void load.stop())
