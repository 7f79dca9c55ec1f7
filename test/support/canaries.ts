/** Values of secrets that are found again wherever they come out, also escaped. */
export interface Canary {
  readonly name: string
  readonly value: string
  /** What of it must not be seen; the rest (a host, a port) is nothing secret. @default all */
  readonly secret?: string
}

/** 'API_TOKEN in status --json': each canary that is in one of the texts, as it is, in a URL, in JSON or in base64. */
export function canariesIn(texts: ReadonlyMap<string, string>, canaries: readonly Canary[]): readonly string[] {
  return canaries.flatMap(({ name, value, secret = value }) => {
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
      ...[secret, value].flatMap((text) => base64Of(text)),
    ]
    return [...texts]
      .filter(([, text]) => forms.some((form) => text.includes(form)))
      .map(([where]) => `${name} in ${where}`)
  })
}

/** In base64 a text looks different at each of three offsets; its middle is the same whatever stands around it. */
function base64Of(text: string): readonly string[] {
  return [0, 1, 2].map((offset) => {
    const encoded = Buffer.from(' '.repeat(offset) + text).toString('base64')
    return encoded.slice(offset === 0 ? 0 : 4, -4)
  })
}
