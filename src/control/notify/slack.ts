/** Slack takes 3000 characters a block. */
const BLOCK_CHARACTERS_MAX = 2_000

/** A message with what is small print below it, in which nothing is taken for markup. */
export function slackBody(headline: string, small: readonly string[]): unknown {
  const text = plain(headline)
  const below = plain(small.join(' · '))
  return {
    text,
    blocks: [
      { type: 'section', text: { type: 'mrkdwn', text } },
      ...(below === '' ? [] : [{ type: 'context', elements: [{ type: 'mrkdwn', text: below }] }]),
    ],
  }
}

/** Cut as it is sent: each `<` is four characters there, and a block that is too long is refused with all that it says. */
function plain(text: string): string {
  let escaped = ''
  for (const character of text) {
    const next = ESCAPES[character] ?? character
    if (escaped.length + next.length > BLOCK_CHARACTERS_MAX) break
    escaped += next
  }
  return escaped
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }
