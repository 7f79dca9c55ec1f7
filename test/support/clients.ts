import { request } from 'node:http'

/** What a client at a loopback address of its own gets; a connection that is cut is 0. Each request is a connection. */
export function statusFor(
  port: number,
  from: string,
  path = '/',
  options: { readonly method?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(
      { host: '127.0.0.1', port, localAddress: from, path, agent: false, timeout: 10_000, ...options },
      (response) => {
        response.resume()
        response.on('end', () => resolve(response.statusCode ?? 0))
        response.on('error', () => resolve(0))
      },
    )
    asked.on('timeout', () => asked.destroy())
    asked.on('error', () => resolve(0))
    asked.end()
  })
}

/** How often each status came, over so many requests, some at a time. */
export async function statusesFor(
  port: number,
  from: string,
  count: number,
  path = '/',
): Promise<Record<number, number>> {
  const found: Record<number, number> = {}
  for (let sent = 0; sent < count; sent += 20) {
    const statuses = await Promise.all(
      Array.from({ length: Math.min(20, count - sent) }, () => statusFor(port, from, path)),
    )
    for (const status of statuses) found[status] = (found[status] ?? 0) + 1
  }
  return found
}
