import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as a collector gets it, with what its resource says. */
export interface SinkSpan {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: number
  readonly attributes: Readonly<Record<string, unknown>>
  readonly resource: Readonly<Record<string, unknown>>
}

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
}

interface Body {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly {
      readonly spans: readonly (SinkSpan & { readonly attributes: readonly Attribute[] })[]
    }[]
  }[]
}

/** A real HTTP server that takes OTLP/HTTP with JSON, and can go and come back on its port. */
export class OtlpSink {
  readonly posts: { readonly path: string; readonly spans: readonly SinkSpan[] }[] = []
  #server: Server | null = null
  #port = 0

  static async start(): Promise<OtlpSink> {
    const sink = new OtlpSink()
    await sink.open()
    return sink
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  get spans(): readonly SinkSpan[] {
    return this.posts.flatMap(({ spans }) => spans)
  }

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        this.posts.push({ path: request.url!, spans: spansOf(JSON.parse(Buffer.concat(chunks).toString()) as Body) })
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
      })
    })
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

function spansOf({ resourceSpans }: Body): readonly SinkSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        attributes: valuesOf(span.attributes),
        resource: valuesOf(resource.attributes),
      })),
    ),
  )
}

function valuesOf(attributes: readonly Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]))
}
