export type Posted =
  | { readonly ok: true }
  /** `final`: trying again cannot help. */
  | { readonly ok: false; readonly final: boolean; readonly because: string }

/** Answers below 500 that are about now, not about the message. */
const PASSING = new Set([408, 425, 429])

/** Posts JSON once. What it says of a failure never holds the URL, which is a secret. */
export async function postJson(url: string, body: unknown, timeoutMs: number): Promise<Posted> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json', 'user-agent': 'seaworthy' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    await response.body?.cancel()
    if (response.ok) return { ok: true }
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
