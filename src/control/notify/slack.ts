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

function plain(text: string): string {
  return text.slice(0, BLOCK_CHARACTERS_MAX).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
