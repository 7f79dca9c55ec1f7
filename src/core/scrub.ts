/** Makes text fit to be shown and kept. */
export type Scrub = (text: string) => string

/** Shorter values are words like any other: they are taken out only where they stand alone. */
const PART_LENGTH_MIN = 4
/** Lines of a value (a key in PEM) that say something. */
const LINE_LENGTH_MIN = 8
const URL_PASSWORD = /\b([a-z][a-z0-9+.-]*:\/\/[^\s:/@'"]*):([^\s@/'"]+)@/gi

/**
 * Takes the values of secrets out of text: as they are, escaped for JSON or a URL, in base64, each line of a longer value,
 * and the password of a value that is a URL. What stands in their place is the name. The password in any URL goes too.
 */
export function scrubOf(secrets: Readonly<Record<string, string>>): Scrub {
  const forms = Object.entries(secrets)
    .flatMap(([name, value]) => formsOf(value).map((form) => ({ form, mask: `[${name}]` })))
    .toSorted((one, other) => other.form.length - one.form.length)
  return (text) => {
    let clean = text
    for (const { form, mask } of forms) {
      clean =
        form.length >= PART_LENGTH_MIN
          ? clean.replaceAll(form, () => mask)
          : clean.replaceAll(new RegExp(`(?<!\\w)${form.replaceAll(/[^\w]/g, '\\$&')}(?!\\w)`, 'g'), () => mask)
    }
    return clean.replaceAll(URL_PASSWORD, '$1:[password]@')
  }
}

/** What an environment holds of passwords: variables named so, and URLs with one. */
export function passwordsOf(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const holds = ([name, value]: [string, string]): boolean => name.includes('PASSWORD') || passwordOf(value).length > 0
  return Object.fromEntries(Object.entries(environment).filter(holds))
}

function formsOf(value: string): readonly string[] {
  const lines = value.split('\n').map((line) => line.trim())
  const plain = [value.trim(), ...lines.filter((line) => line.length >= LINE_LENGTH_MIN), ...passwordOf(value)]
  const escaped = plain.flatMap((text) => [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    ...(text.length >= PART_LENGTH_MIN ? [Buffer.from(text).toString('base64')] : []),
  ])
  return [...new Set(escaped)].filter((form) => form !== '')
}

function passwordOf(value: string): readonly string[] {
  const { password } = URL.parse(value) ?? { password: '' }
  return password === '' ? [] : [password, decode(password)]
}

/** A stray percent sign is no reason to show it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
