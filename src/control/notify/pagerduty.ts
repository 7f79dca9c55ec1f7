import { dedupKeyOf, type Notification } from '../../observe/alerts/incident.ts'
import { details, headline } from './alert-message.ts'
import { decoded } from './decoded.ts'
import { inWords, type DeployMessage } from './deploy-message.ts'

const ORIGIN = 'https://events.pagerduty.com'
const SUMMARY_CHARACTERS_MAX = 1_024

const SEVERITIES = { P0: 'critical', P1: 'error', P2: 'warning', P3: 'info' } as const

export interface PagerDutyService {
  readonly origin: string
  readonly routingKey: string
}

/** What the secret holds: an integration key, or `https://KEY@events.eu.pagerduty.com` for another region. */
export function parsePagerDuty(secret: string): PagerDutyService {
  if (!URL.canParse(secret)) return { origin: ORIGIN, routingKey: secret.trim() }
  const { origin, username } = new URL(secret)
  return { origin, routingKey: decoded(username) }
}

/** An event of the Events API v2: one incident there for each of ours, whatever is told of it and however often. */
export function pagerDutyEvent(notification: Notification, routingKey: string): { path: string; body: unknown } {
  const { id, kind, app, environment, severity, atMs, alerts, runbook } = notification
  // At most 255 characters are taken: app and environment have 40 at most, the number of an incident ten.
  const dedupKey = dedupKeyOf(notification)
  const path = '/v2/enqueue'
  if (kind === 'resolved' || kind === 'acknowledged') {
    const action = kind === 'resolved' ? 'resolve' : 'acknowledge'
    return { path, body: { routing_key: routingKey, event_action: action, dedup_key: dedupKey } }
  }
  const payload = {
    summary: headline(notification).slice(0, SUMMARY_CHARACTERS_MAX),
    source: `${app}/${environment}`,
    severity: SEVERITIES[severity],
    timestamp: new Date(atMs).toISOString(),
    component: alerts[0]?.labels['service'] ?? app,
    group: app,
    class: alerts[0]?.rule ?? kind,
    custom_details: { id, runbook, details: details(notification) },
  }
  return { path, body: { routing_key: routingKey, event_action: 'trigger', dedup_key: dedupKey, payload } }
}

/** A deploy is no incident: it stands beside them as a change. */
export function pagerDutyChange(message: DeployMessage, routingKey: string): { path: string; body: unknown } {
  const payload = {
    summary: inWords(message).slice(0, SUMMARY_CHARACTERS_MAX),
    timestamp: message.finishedAt ?? message.startedAt,
    source: `${message.app}/${message.environment}`,
    custom_details: message,
  }
  return { path: '/v2/change/enqueue', body: { routing_key: routingKey, payload } }
}
