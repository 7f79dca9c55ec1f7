import { createServer } from 'node:net'

/**
 * Below Linux's ephemeral range (32768 to 60999): a port picked there may be taken, between the look and the start of the
 * program, by any outgoing connection, the gateway's own above all.
 */
export const PORT_MIN = 20_000
export const PORT_MAX = 31_999
const ATTEMPTS_MAX = 200

/** A port on which nothing listens and that is not in `taken`. */
export async function pickPort(
  host: string,
  taken: ReadonlySet<number>,
  { min, max } = { min: PORT_MIN, max: PORT_MAX },
): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const port = min + Math.floor(Math.random() * (max - min + 1))
    if (!taken.has(port) && (await isFree(host, port))) return port
  }
  throw new Error(`no free port on ${host} between ${min} and ${max} in ${ATTEMPTS_MAX} attempts`)
}

/** Whether nobody listens on it. */
export function isFree(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
