/**
 * The fields that tell a browser what an answer may do. Every answer gets them, refusals and errors too: the trap is a 429 or
 * an error page without them. Values: OWASP Secure Headers; HSTS: RFC 6797 (a year, subdomains), over TLS alone (§7.2).
 */
export const SECURE_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'X-XSS-Protection': '1; mode=block',
  'Referrer-Policy': 'strict-origin-when-cross-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  // Own scripts and no inline ones; images and fonts inline, styles as most pages write them.
  'Content-Security-Policy':
    "default-src 'self'; base-uri 'self'; font-src 'self' https: data:; form-action 'self'; frame-ancestors 'none'; " +
    "img-src 'self' https: data:; object-src 'none'; script-src 'self'; script-src-attr 'none'; style-src 'self' https: 'unsafe-inline'",
  'Strict-Transport-Security': 'max-age=31536000; includeSubDomains',
}

const OVER_TLS_ALONE = 'strict-transport-security'

/** An answer whose fields can be asked for and replaced one by one. */
export interface AnswerFields {
  get(lowerName: string): string | undefined
  replace(name: string, value: string): void
  /** Replaces several, names and values in turn. Given the same list for many answers, it is prepared once. */
  replaceAll(pairs: readonly string[]): void
}

/** Puts the fields on an answer: on its headers (names and values in turn), or field by field where it is not taken apart. */
export type SecurityHeaders = (answer: string[] | AnswerFields, secure: boolean) => void

/**
 * `overrides`: name → value, which then stands whatever the app says, or false, which leaves the field to the app. What is not
 * overridden is a default: the app's own field goes first, since it knows its pages.
 */
export function securityHeaders(overrides: Readonly<Record<string, string | false>>): SecurityHeaders {
  const byName = new Map<string, Field>()
  for (const [name, value] of Object.entries(SECURE_HEADERS)) {
    byName.set(name.toLowerCase(), { name, lower: name.toLowerCase(), value, stands: false })
  }
  for (const [name, value] of Object.entries(overrides)) {
    const lower = name.toLowerCase()
    if (value === false) byName.delete(lower)
    else byName.set(lower, { name, lower, value, stands: true })
  }
  const overTls = compiled([...byName.values()])
  const overPlain = compiled([...byName.values()].filter(({ lower }) => lower !== OVER_TLS_ALONE))
  return (answer, secure) => {
    const fields = secure ? overTls : overPlain
    if (Array.isArray(answer)) fields.putAmong(answer)
    else fields.putOn(answer)
  }
}

interface Field {
  readonly name: string
  readonly lower: string
  readonly value: string
  /** Replaces the app's own. */
  readonly stands: boolean
}

interface Compiled {
  putAmong(headers: string[]): void
  putOn(answer: AnswerFields): void
}

function compiled(fields: readonly Field[]): Compiled {
  const all = fields.flatMap(({ name, value }) => [name, value])
  // Most fields of an answer are told apart from ours by their length alone.
  const lengths = new Set(fields.map(({ lower }) => lower.length))
  return { putAmong, putOn }

  function putOn(answer: AnswerFields): void {
    const isFree = fields.every(({ lower, stands }) => stands || answer.get(lower) === undefined)
    if (isFree) return answer.replaceAll(all)
    for (const { name, lower, value, stands } of fields) {
      if (stands || answer.get(lower) === undefined) answer.replace(name, value)
    }
  }

  function putAmong(headers: string[]): void {
    let missing = fields
    for (let index = headers.length - 2; index >= 0; index -= 2) {
      if (!lengths.has(headers[index]!.length)) continue
      const lower = headers[index]!.toLowerCase()
      const field = missing.find((one) => one.lower === lower)
      if (field?.stands === true) headers.splice(index, 2)
      else if (field !== undefined) missing = missing.filter((one) => one !== field)
    }
    if (missing === fields) return void headers.push(...all)
    for (const { name, value } of missing) headers.push(name, value)
  }
}
