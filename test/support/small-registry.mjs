/**
 * A registry of images, as far as `docker push` and `docker pull` ask one (the OCI distribution specification), in memory:
 * `node small-registry.mjs PORT`. Where real ones are, a test cannot always reach.
 */
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const blobs = new Map()
const manifests = new Map()
const uploads = new Map()

createServer(async (request, response) => {
  const chunks = []
  for await (const chunk of request) chunks.push(chunk)
  const body = Buffer.concat(chunks)
  const url = new URL(request.url, 'http://registry')
  const answer = (status, headers = {}, content = '') => {
    response.writeHead(status, headers)
    response.end(request.method === 'HEAD' ? undefined : content)
  }
  const [, name, kind, what] = /^\/v2\/(.+)\/(blobs|manifests)\/(.*)$/.exec(url.pathname) ?? []
  const upload = /^uploads\/(.*)$/.exec(what ?? '')?.[1]
  if (name === undefined) return answer(url.pathname === '/v2/' ? 200 : 404)
  if (kind === 'blobs' && request.method === 'POST') {
    const id = String(uploads.size + 1)
    uploads.set(id, [])
    return answer(202, { location: `/v2/${name}/blobs/uploads/${id}`, 'docker-upload-uuid': id })
  }
  if (upload !== undefined) {
    uploads.get(upload).push(body)
    const bytes = Buffer.concat(uploads.get(upload))
    const location = `/v2/${name}/blobs/uploads/${upload}`
    if (request.method === 'PATCH') return answer(202, { location, range: `0-${bytes.length - 1}` })
    const digest = digestOf(bytes)
    if (digest !== url.searchParams.get('digest')) return answer(400)
    blobs.set(`${name} ${digest}`, { bytes, type: 'application/octet-stream' })
    return answer(201, { location: `/v2/${name}/blobs/${digest}`, 'docker-content-digest': digest })
  }
  const held = kind === 'blobs' ? blobs : manifests
  if (request.method === 'PUT') {
    const digest = digestOf(body)
    const manifest = { bytes: body, type: request.headers['content-type'] }
    for (const reference of [what, digest]) held.set(`${name} ${reference}`, manifest)
    return answer(201, { location: url.pathname, 'docker-content-digest': digest })
  }
  const found = held.get(`${name} ${what}`)
  if (found === undefined) return answer(404)
  const { bytes, type } = found
  const headers = { 'content-type': type, 'content-length': bytes.length, 'docker-content-digest': digestOf(bytes) }
  return answer(200, headers, bytes)
}).listen(Number(process.argv[2]), '127.0.0.1')

function digestOf(bytes) {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
