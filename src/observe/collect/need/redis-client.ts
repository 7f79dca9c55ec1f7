/** What we ask of a client; its full type depends on every option. */
export interface RedisClient {
  readonly isOpen: boolean
  ping(): Promise<unknown>
  info(section?: string): Promise<string>
  configSet(name: string, value: string): Promise<unknown>
  destroy(): void
}

/**
 * A connected client that does not connect again by itself: whoever asks decides what a lost server means.
 * @param askMs how long connecting may take
 * @param made gets the client before it is connected, so that it can be ended meanwhile
 */
export async function connectRedis(
  url: string,
  askMs: number,
  made: (client: RedisClient) => void,
): Promise<RedisClient> {
  const { createClient } = await import('@redis/client')
  const client = createClient({
    url,
    // Servers before version 6 know no other.
    RESP: 2,
    disableOfflineQueue: true,
    socket: { connectTimeout: askMs, reconnectStrategy: false },
  })
  client.on('error', () => {})
  made(client)
  await client.connect()
  return client
}
