/** What a static service's container runs: `serve FOLDER ROUTE…`, each `/path` or `host/path`; listens on $HOST and $PORT. */
import { messageOf } from '../../core/problem.ts'
import { startFileServer } from './file-server.ts'

const [folder, ...routes] = process.argv.slice(2)
const { HOST: host = '0.0.0.0', PORT: port } = process.env
if (folder === undefined || routes.length === 0 || port === undefined) {
  process.stderr.write('usage: PORT=8080 serve FOLDER ROUTE…\n')
  process.exit(2)
}

// A signal that comes while it is starting counts as well.
let wanted = (): void => {}
const told = new Promise<void>((resolve) => (wanted = resolve))
process.on('SIGTERM', wanted)
process.on('SIGINT', wanted)

try {
  const server = await startFileServer({
    folder,
    routes: routes.map(routeOf),
    listen: { host, port: Number(port) },
    onBug: (message) => void process.stderr.write(`seaworthy: ${message}\n`),
  })
  await told
  await server.retire()
  process.exit(0)
} catch (error) {
  process.stderr.write(`seaworthy: ${messageOf(error)}\n`)
  process.exit(1)
}

function routeOf(text: string): { readonly host: string | null; readonly path: string } {
  const slash = text.indexOf('/')
  return { host: slash <= 0 ? null : text.slice(0, slash), path: text.slice(Math.max(0, slash)) }
}
