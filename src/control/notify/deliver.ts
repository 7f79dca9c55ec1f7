import { dedupKeyOf } from '../../observe/alerts/incident.ts'
import type { Channel } from '../api/hooks-methods.ts'
import { details, headline, webhookBody } from './alert-message.ts'
import { facts, inWords } from './deploy-message.ts'
import type { Letter } from './letter.ts'
import { pagerDutyChange, pagerDutyEvent, parsePagerDuty } from './pagerduty.ts'
import { postJson, type Posted } from './post.ts'
import { slackBody } from './slack.ts'
import { sendMail } from './smtp/send-mail.ts'

type Posting = Extract<Channel, { url: string; kind: 'webhook' | 'slack' | 'pagerduty' }>

/** Tells one channel, once, in its own format. */
export function deliver(channel: Channel, letter: Letter, timeoutMs: number): Promise<Posted> {
  if (channel.kind === 'email') return sendMail(channel.url, mailOf(letter, channel.to), { timeoutMs })
  const { url, body } = postFor(channel, letter)
  return postJson(url, body, timeoutMs)
}

/** What is posted, and where. */
export function postFor(channel: Posting, letter: Letter): { readonly url: string; readonly body: unknown } {
  switch (channel.kind) {
    case 'webhook':
      return { url: channel.url, body: letter.kind === 'alert' ? webhookBody(letter.notification) : letter.message }
    case 'slack':
      return { url: channel.url, body: slackBody(lineOf(letter), smallPrintOf(letter)) }
    case 'pagerduty': {
      const { origin, routingKey } = parsePagerDuty(channel.url)
      const { path, body } =
        letter.kind === 'alert'
          ? pagerDutyEvent(letter.notification, routingKey)
          : pagerDutyChange(letter.message, routingKey)
      return { url: `${origin}${path}`, body }
    }
  }
}

function mailOf(letter: Letter, to: readonly string[]): Parameters<typeof sendMail>[1] {
  const subject = lineOf(letter)
  const text = [subject, '', ...smallPrintOf(letter), ''].join('\n')
  if (letter.kind === 'deploy') {
    const { id, app, environment, deploy, finishedAt, startedAt } = letter.message
    return {
      id,
      thread: `${app}/${environment}/${deploy}`,
      to,
      subject,
      text,
      atMs: Date.parse(finishedAt ?? startedAt),
    }
  }
  const { id, atMs } = letter.notification
  const thread = dedupKeyOf(letter.notification)
  // Mail servers drop what has an id that they have seen, and an id without its key comes again in a new state.db.
  return { id: thread === id ? id : `${thread} ${id}`, thread, to, subject, text, atMs }
}

function lineOf(letter: Letter): string {
  return letter.kind === 'alert' ? headline(letter.notification) : inWords(letter.message)
}

function smallPrintOf(letter: Letter): readonly string[] {
  return letter.kind === 'alert' ? details(letter.notification) : facts(letter.message)
}
