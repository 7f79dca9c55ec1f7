import type { Client } from 'pg'

export const ASK_MS = 2_000
/** The account that services use. */
export const APP = 'app'

/** 'main-db' → 'main_db'. Never one of the server's own. */
export function databaseName(need: string): string {
  const name = need.replaceAll('-', '_')
  return ['postgres', 'template0', 'template1'].includes(name) ? `${name}_db` : name
}

/** `select 1`, and the version that answered. */
export function askPostgres(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ version: string }>("select current_setting('server_version') as version")
    // '15.18 (Debian 15.18-0+deb12u1)'
    return rows[0]!.version.split(' ')[0]!
  })
}

/** Connects, works and leaves, each within its time, also when the server has stopped answering in between. */
export async function withClient<T>(connectionString: string, work: (client: Client) => Promise<T>): Promise<T> {
  const { Client } = await import('pg')
  const client = new Client({ connectionString, connectionTimeoutMillis: ASK_MS, query_timeout: ASK_MS })
  client.on('error', () => {})
  try {
    await client.connect()
    return await work(client)
  } catch (error) {
    throw isTimeout(error) ? new Error(`no answer within ${ASK_MS} ms`) : error
  } finally {
    const late = setTimeout(() => client.connection.stream.destroy(), ASK_MS)
    void client
      .end()
      .catch(() => {})
      .finally(() => clearTimeout(late))
  }
}

/** The two ways in which `pg` says it. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && ['timeout expired', 'Query read timeout'].includes(error.message)
}
