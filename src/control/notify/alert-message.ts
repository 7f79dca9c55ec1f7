import { fillSummary } from '../../observe/alerts/evaluate/summary.ts'
import type { Alert } from '../../observe/alerts/alert.ts'
import type { Notification } from '../../observe/alerts/incident.ts'

/** One line: `[P0] shop (production): No instance of api answers.` */
export function headline({ kind, severity, app, environment, title }: Notification): string {
  const what = {
    fired: '',
    escalated: 'still open: ',
    acknowledged: 'acknowledged: ',
    resolved: 'over: ',
    deploy: '',
    test: 'a test: ',
  }[kind]
  return `[${severity}] ${app} (${environment}): ${what}${title}`
}

/** What a channel of kind `webhook` gets: docs/guides/alerts.md. */
export function webhookBody(notification: Notification): unknown {
  const { id, kind, app, environment, incident, severity, title, alerts, runbook, atMs } = notification
  return {
    id,
    event: `alert.${kind}`,
    app,
    environment,
    incident,
    severity,
    title,
    runbook,
    at: isoOf(atMs),
    alerts: alerts.map(({ rule, labels, state, value, firedAtMs }) => ({
      name: rule,
      state,
      labels,
      value,
      since: firedAtMs === null ? null : isoOf(firedAtMs),
    })),
  }
}

/** The body of a mail, and what more there is to say anywhere. */
export function details(notification: Notification): readonly string[] {
  const { incident, alerts, runbook, kind, atMs } = notification
  return [
    ...alerts.map((alert) => `- ${describe(alert)}`),
    ...(runbook === null || !wantsHelp(kind) ? [] : [`What to do: ${runbook}`]),
    ...(incident === null || !wantsHelp(kind)
      ? []
      : [`Incident ${incident}: seaworthy incidents show ${incident}; seaworthy incidents ack ${incident}`]),
    `At ${isoOf(atMs)}`,
  ]
}

function describe({ rule, labels, value, firedAtMs }: Alert): string {
  const own = Object.entries(labels).filter(([label]) => label !== 'alertname')
  const where = own.map(([label, held]) => `${label}=${held}`).join(' ')
  const since = firedAtMs === null ? '' : ` since ${isoOf(firedAtMs)}`
  return fillSummary(`${rule} ${where}: {{ $value }}${since}`, { labels, value })
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}

function wantsHelp(kind: Notification['kind']): boolean {
  return kind === 'fired' || kind === 'escalated'
}
