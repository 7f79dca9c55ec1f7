import type { Stage } from '../context.ts'
import { headerOf, plainAnswer } from '../exchange.ts'
import type { Answer, Exchange } from '../exchange.ts'
import { isUnchanged, portionOf } from '../files/conditions.ts'
import { locate, segmentsOf } from '../files/locate.ts'
import type { Located } from '../files/locate.ts'
import { cacheControlOf, contentTypeOf } from '../files/naming.ts'

/** Serves services that are a folder of files. The route's prefix is where the folder is mounted. */
export const staticFiles: Stage = (exchange) => {
  const backend = exchange.place?.backend
  if (backend?.kind !== 'files') return null
  exchange.release = backend.release
  return answerFile(exchange, backend.root)
}

/** Answers with a file below `root`, mounted where the exchange's route says. */
export async function answerFile(exchange: Exchange, root: string): Promise<Answer> {
  const { method, path } = exchange.head
  if (method !== 'GET' && method !== 'HEAD') return plainAnswer(405, 'Files can only be read.', ['Allow', 'GET, HEAD'])
  const all = segmentsOf(path)
  if (all === null) return notFound()
  const prefix = exchange.place!.prefix.split('/').filter((segment) => segment !== '')
  const segments = all.slice(prefix.length)

  const found = await locate(root, segments)
  if (found.kind === 'file' && path.endsWith('/')) return (await found.handle.close(), notFound())
  if (found.kind === 'file') return fileAnswer(exchange, found)
  if (found.kind === 'folder' && !path.endsWith('/')) return toFolder(all)
  const index =
    found.kind === 'folder' ? await locate(root, [...segments, 'index.html']) : await fallback(exchange, root, segments)
  return index.kind === 'file' ? fileAnswer(exchange, index) : notFound()
}

/** A page of an application that routes in the browser: any navigation to what could not be a file gets its start page. */
function fallback(exchange: Exchange, root: string, segments: readonly string[]): Promise<Located> {
  const navigates = headerOf(exchange.head.headers, 'accept')?.includes('text/html') === true
  const couldBeFile = segments.at(-1)?.includes('.') === true
  return navigates && !couldBeFile ? locate(root, ['index.html']) : Promise.resolve({ kind: 'none' })
}

/** Built from decoded segments: a path that begins with two slashes cannot become another host. */
function toFolder(segments: readonly string[]): Answer {
  const location = '/' + segments.map((segment) => encodeURIComponent(segment) + '/').join('')
  return plainAnswer(308, `See ${location}`, ['Location', location, 'X-Content-Type-Options', 'nosniff'])
}

async function fileAnswer(exchange: Exchange, file: Extract<Located, { kind: 'file' }>): Promise<Answer> {
  const { headers: asked, method } = exchange.head
  const etag = `"${file.sizeBytes.toString(16)}-${Math.floor(file.modifiedMs * 1000).toString(16)}"`
  const version = { etag, modifiedMs: file.modifiedMs }
  const headers = [
    'ETag',
    etag,
    'Last-Modified',
    new Date(file.modifiedMs).toUTCString(),
    'Cache-Control',
    cacheControlOf(file.name),
    'X-Content-Type-Options',
    'nosniff',
    'Accept-Ranges',
    'bytes',
  ]
  if (isUnchanged(asked, version)) return closing(file, { kind: 'whole', status: 304, headers, body: null })
  const portion = method === 'GET' ? portionOf(asked, version, file.sizeBytes) : ({ kind: 'whole' } as const)
  headers.push('Content-Type', contentTypeOf(file.name))
  if (portion.kind === 'unsatisfiable') {
    return closing(file, plainAnswer(416, 'There is no such part.', ['Content-Range', `bytes */${file.sizeBytes}`]))
  }
  const { start, end } = portion.kind === 'part' ? portion : { start: 0, end: file.sizeBytes - 1 }
  headers.push('Content-Length', String(end - start + 1))
  if (portion.kind === 'part') headers.push('Content-Range', `bytes ${start}-${end}/${file.sizeBytes}`)
  const status = portion.kind === 'part' ? 206 : 200
  if (method === 'HEAD' || file.sizeBytes === 0) return closing(file, { kind: 'whole', status, headers, body: null })
  return { kind: 'stream', status, headers, body: file.handle.createReadStream({ start, end }) }
}

async function closing(file: Extract<Located, { kind: 'file' }>, answer: Answer): Promise<Answer> {
  await file.handle.close()
  return answer
}

function notFound(): Answer {
  return plainAnswer(404, 'There is no such file.', ['X-Content-Type-Options', 'nosniff'])
}
