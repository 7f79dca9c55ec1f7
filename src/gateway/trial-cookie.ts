/** The cookie that keeps a client on its side of a trial, and the header by which one side is asked for. */
import { cookiesOf, withoutCookies } from './cookies.ts'
import { headerOf } from './exchange.ts'
import type { HeaderList } from './exchange.ts'

export const TRIAL_COOKIE = 'Seaworthy-Trial'
/** `always` or `never`, in lower case as headers are looked up. */
export const CANARY_HEADER = 'seaworthy-canary'

/** How finely clients are told apart. */
const BUCKETS = 0x10000

/** A client's place in a trial as the cookie holds it: `<release on trial>.<four hex digits>`. */
export function cookieValueOf(release: string, bucket: number): string {
  return `${release}.${Math.floor(bucket * BUCKETS)
    .toString(16)
    .padStart(4, '0')}`
}

/** Ends with the browser's session, or with the trial. */
export function trialCookie(release: string, bucket: number, { secure }: { readonly secure: boolean }): string {
  const value = cookieValueOf(release, bucket)
  return `${TRIAL_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
}

/** The client's bucket, from 0 to 1, in the trial of `release`; null without a cookie of this very trial. */
export function bucketFrom(headers: HeaderList, release: string): number | null {
  for (const [name, value] of cookiesOf(headers)) {
    if (name !== TRIAL_COOKIE || !value.startsWith(`${release}.`)) continue
    const digits = value.slice(release.length + 1)
    if (/^[0-9a-f]{4}$/.test(digits)) return Number.parseInt(digits, 16) / BUCKETS
  }
  return null
}

/** Rounded to what a cookie can hold, so that it says tomorrow what was decided today. */
export function roundedBucket(bucket: number): number {
  return Math.floor(bucket * BUCKETS) / BUCKETS
}

/** `headers` for the instance: whether a trial runs is no business of the app, which must not answer by it. */
export function withoutTrialCookie(headers: string[]): string[] {
  return withoutCookies(headers, TRIAL_COOKIE, (name) => name === TRIAL_COOKIE)
}

/**
 * Puts a cookie that is one client's alone on an answer, unless a shared cache may keep that answer: the copy would give every client the place of
 * one. An answer that leaves open who may keep it becomes `private`; browsers treat it as before.
 */
export function offerCookie(headers: string[], cookie: string): void {
  const control = headerOf(headers, 'cache-control')
  if (mayBeShared(control, headerOf(headers, 'expires'))) return
  if (control === undefined) headers.push('Cache-Control', 'private')
  else if (!KEPT_FROM_SHARED.test(control)) {
    const index = headers.findIndex((name, at) => at % 2 === 0 && name.toLowerCase() === 'cache-control')
    headers[index + 1] = `${control}, private`
  }
  headers.push('Set-Cookie', cookie)
}

/** Explicitly fresh for somebody else than this client (RFC 9111 §3, §4.2.1). */
function mayBeShared(control: string | undefined, expires: string | undefined): boolean {
  if (control === undefined) return expires !== undefined
  if (KEPT_FROM_SHARED.test(control) || /(?:^|,)\s*no-cache\s*(?:,|$)/i.test(control)) return false
  return /(?:^|,)\s*(?:public|immutable|s-maxage|max-age\s*=\s*"?0*[1-9])/i.test(control)
}

const KEPT_FROM_SHARED = /(?:^|,)\s*(?:private|no-store)\s*(?:,|$)/i
