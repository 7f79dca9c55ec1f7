import { decoded } from './decoded.ts'

export type Posted =
  | { readonly ok: true }
  /** `final`: trying again cannot help. */
  | { readonly ok: false; readonly final: boolean; readonly because: string }

/** Answers below 500 that are about now, not about the message. */
const PASSING = new Set([408, 425, 429])

/** Posts JSON once. What it says of a failure never holds the URL, which is a secret. */
export async function postJson(url: string, body: unknown, timeoutMs: number): Promise<Posted> {
  try {
    const { address, login } = loginIn(url)
    const response = await fetch(address, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'user-agent': 'seaworthy', ...login },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const said = await start(response)
    if (response.ok) {
      const because = errorIn(said)
      return because === null ? { ok: true } : { ok: false, final: false, because }
    }
    const final = response.status < 500 && !PASSING.has(response.status)
    return { ok: false, final, because: `it answered ${response.status}` }
  } catch (error) {
    if (error instanceof Error && error.name === 'TimeoutError')
      return { ok: false, final: false, because: `no answer within ${timeoutMs / 1000} s` }
    const code = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code
    if (!URL.canParse(url)) return { ok: false, final: true, because: 'what the secret holds is no URL' }
    return { ok: false, final: false, because: code ?? 'it could not be reached' }
  }
}

/** A URL may hold a user and a password, which `fetch` refuses: they go where HTTP has them (RFC 7617). */
function loginIn(url: string): { readonly address: string; readonly login: Readonly<Record<string, string>> } {
  if (!URL.canParse(url)) return { address: url, login: {} }
  const address = new URL(url)
  const { username, password } = address
  if (username === '' && password === '') return { address: url, login: {} }
  address.username = ''
  address.password = ''
  const login = Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')
  return { address: address.href, login: { authorization: `Basic ${login}` } }
}

/** How much of an answer is looked at. */
const ANSWER_BYTES_MAX = 4_096

/** What has come of it when it is enough, or nothing more comes: the status has been said by then, and counts. */
async function start(response: Response): Promise<string> {
  let bytes = Buffer.alloc(0)
  if (response.body === null) return ''
  try {
    // Leaving the loop cancels the rest.
    for await (const chunk of response.body) {
      bytes = Buffer.concat([bytes, chunk as Uint8Array])
      if (bytes.length >= ANSWER_BYTES_MAX) break
    }
  } catch {
    // Out of time, or broken off.
  }
  return bytes.toString('utf8', 0, ANSWER_BYTES_MAX)
}

/** Some answer 200 and say in the body that they have not taken it. What they say may hold what was sent: it is not told. */
function errorIn(text: string): string | null {
  let said: unknown
  try {
    said = JSON.parse(text)
  } catch {
    return null
  }
  if (typeof said !== 'object' || said === null) return null
  const { ok, success, status } = said as Record<string, unknown>
  const isError = ok === false || success === false || status === 'error' || status === 'failed'
  return isError ? 'it answered that it is well, and in the body that it failed' : null
}
