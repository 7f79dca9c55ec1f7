import type { ResolvedApp } from '../../config/resolved.ts'
import type { ResolvedAlerts } from '../../config/resolved-promises.ts'
import { escapeLabel, type Matcher } from '../../core/series/labels.ts'
import { SEVERITIES, type AlertRule, type Severity } from '../../promises/alert-rule.ts'
import { promqlDuration } from '../../promises/expression.ts'
import { GROUP_WAIT_MS } from '../../promises/group-wait.ts'
import type { Artefact } from '../family.ts'
import { yamlSections } from '../yaml.ts'
import { loopback } from './places.ts'
import { WATCHDOG } from './rules.ts'

type Channel = ResolvedAlerts['channels'][string]

/** Where compose puts the values of secrets: no file of this family holds one. */
export const SECRETS_FOLDER = '/run/secrets'
/**
 * Alertmanager looks at a group once each group_interval, and counts repeat_interval from the moment it had told: with the same interval
 * every second look comes too soon. So each is a little shorter than what is meant: 1 min and 5 min.
 */
const [EACH_MINUTE, EVERY_FIVE] = ['50s', '4m50s']
/** The secret with the URL that is told of the watchdog, and misses it. */
export const DEAD_MAN = 'DeadMan'
/** Without `alerts.heartbeat`, a variable of this family's own: unset, nobody misses the watchdog. */
export const DEAD_MAN_URL = 'SEAWORTHY_DEAD_MAN_URL'
/** The mail server of channels that write mail: the address inside their secret cannot be read from a file. */
const SMARTHOST = loopback('smtp')
/** No name of a channel has a capital. */
const NOBODY = 'Nobody'
const PAGER = 'Pager'

/** Alertmanager's configuration: who is told of what, and what keeps what quiet. */
export function alertmanagerConfig(app: ResolvedApp, rules: readonly AlertRule[]): Artefact {
  const alerts = alertsOf(app)
  const windows = windowsOf(alerts)
  return {
    path: 'monitoring/alertmanager/alertmanager.yml',
    comment: '#',
    because: [
      { what: 'receivers', from: 'alerts.channels' },
      { what: 'route', from: 'alerts.routes' },
      { what: 'time_intervals', from: 'alerts.maintenance' },
    ],
    text: yamlSections([
      { value: { global: { resolve_timeout: '5m' } } },
      {
        about: 'The group waits count into the time until somebody knows.',
        value: { route: rootRoute(alerts, windows.length > 0) },
      },
      {
        about: 'A page keeps the tickets about the same thing quiet, what is down the symptoms of it.',
        value: { inhibit_rules: [pageInhibitsTicket(), ...inhibitions(rules)] },
      },
      {
        about: 'Secrets by file: compose.yml says from which variable of the environment each is made.',
        value: { receivers: receiversOf(alerts) },
      },
      {
        about: 'Maintenance: alerts are kept back, not forgotten.',
        value: windows.length === 0 ? {} : { time_intervals: [{ name: 'maintenance', time_intervals: windows }] },
      },
    ]),
  }
}

export function alertsOf({ alerts }: Pick<ResolvedApp, 'alerts'>): ResolvedAlerts {
  return alerts ?? { channels: {}, pager: null, heartbeat: null, routes: [], maintenance: [], rules: {} }
}

/** Routes in effect: without any, everything goes to every channel, and P0 to the pager. */
function routesOf({ channels, pager, routes }: ResolvedAlerts): ResolvedAlerts['routes'] {
  if (routes.length > 0) return routes
  const all = Object.keys(channels)
  return [
    ...(all.length === 0 ? [] : [{ severities: null, to: all, escalate: [] }]),
    ...(pager === null ? [] : [{ severities: ['P0' as const], to: [PAGER], escalate: [] }]),
  ]
}

/** The secrets that Alertmanager reads: the name of each file, and the variable that its value comes from. */
export function secretsOf(app: ResolvedApp): Readonly<Record<string, string>> {
  const { channels, pager, heartbeat } = alertsOf(app)
  return {
    [DEAD_MAN]: heartbeat ?? DEAD_MAN_URL,
    ...(pager === null ? {} : { [PAGER]: pager }),
    ...Object.fromEntries(
      Object.entries(channels)
        .filter(([, { kind }]) => kind !== 'email')
        .map(([name, { secret }]) => [name, secret]),
    ),
  }
}

/** What has to hold of routing, for `amtool config routes test`: the receivers of each severity. */
export function routedTo(app: ResolvedApp, severity: Severity): readonly string[] {
  const alerts = alertsOf(app)
  const told = routesOf(alerts).filter(({ severities }) => severities === null || severities.includes(severity))
  const names = told.flatMap(({ to }) => to)
  return names.length === 0 ? [NOBODY] : names
}

function rootRoute(alerts: ResolvedAlerts, hasMaintenance: boolean): object {
  const quiet = hasMaintenance ? { mute_time_intervals: ['maintenance'] } : {}
  const routes = routesOf(alerts).flatMap(({ severities, to }) =>
    to.map((receiver) => ({
      receiver,
      ...(severities === null ? {} : { matchers: [`severity=~"${severities.join('|')}"`] }),
      // Every route that fits is taken: a first one must not hide a second team's.
      continue: true,
      ...quiet,
      ...urgentRoutes(receiver, severities, quiet),
    })),
  )
  return {
    receiver: NOBODY,
    group_by: ['service', 'slo'],
    group_wait: promqlDuration(GROUP_WAIT_MS.P3),
    group_interval: '1m',
    repeat_interval: '3h',
    routes: [
      {
        receiver: DEAD_MAN,
        matchers: [`alertname="${WATCHDOG}"`],
        group_wait: '0s',
        group_interval: '1m',
        repeat_interval: EACH_MINUTE,
      },
      ...routes,
    ],
  }
}

/** Below a route those of the severities that wait for less than the others, or are repeated sooner. */
function urgentRoutes(receiver: string, severities: readonly Severity[] | null, quiet: object): object {
  const routes = SEVERITIES.filter(
    (severity) => GROUP_WAIT_MS[severity] !== GROUP_WAIT_MS.P3 && (severities?.includes(severity) ?? true),
  ).map((severity) => ({
    receiver,
    matchers: [`severity="${severity}"`],
    group_wait: promqlDuration(GROUP_WAIT_MS[severity]),
    ...(severity === 'P0' ? { repeat_interval: EVERY_FIVE } : {}),
    ...quiet,
  }))
  return routes.length === 0 ? {} : { routes }
}

function receiversOf({ channels, pager }: ResolvedAlerts): readonly object[] {
  return [
    { name: NOBODY },
    {
      name: DEAD_MAN,
      webhook_configs: [{ url_file: `${SECRETS_FOLDER}/${DEAD_MAN}`, send_resolved: false }],
    },
    ...(pager === null
      ? []
      : [{ name: PAGER, webhook_configs: [{ url_file: `${SECRETS_FOLDER}/${PAGER}`, send_resolved: true }] }]),
    ...Object.entries(channels).map(([name, channel]) => ({ name, ...receiver(name, channel) })),
  ]
}

function receiver(name: string, channel: Channel): object {
  const file = `${SECRETS_FOLDER}/${name}`
  const text = '{{ range .Alerts }}{{ .Annotations.summary }} {{ .Annotations.runbook_url }}\n{{ end }}'
  const title = '{{ .Status }} {{ .CommonLabels.severity }}: {{ .GroupLabels.service }} {{ .GroupLabels.slo }}'
  switch (channel.kind) {
    case 'webhook':
      return { webhook_configs: [{ url_file: file, send_resolved: true }] }
    case 'slack':
      return { slack_configs: [{ api_url_file: file, send_resolved: true, title, text }] }
    case 'pagerduty':
      return { pagerduty_configs: [{ routing_key_file: file, send_resolved: true, description: title }] }
    case 'email':
      return {
        email_configs: channel.to.map((to) => ({
          to,
          from: `alerts@${to.split('@')[1] ?? 'localhost'}`,
          smarthost: SMARTHOST,
          require_tls: false,
          send_resolved: true,
        })),
      }
  }
}

function pageInhibitsTicket(): object {
  return {
    source_matchers: ['severity=~"P0|P1"', 'slo!=""'],
    target_matchers: ['severity=~"P2|P3"', 'slo!=""'],
    equal: ['service', 'slo'],
  }
}

function inhibitions(rules: readonly AlertRule[]): readonly object[] {
  return rules.flatMap(({ name, inhibits }) =>
    inhibits.map(({ rule, equal, source = [], target = [] }) => ({
      source_matchers: [`alertname="${name}"`, ...source.map(matcherText)],
      target_matchers: [`alertname="${rule}"`, ...target.map(matcherText)],
      ...(equal.length === 0 ? {} : { equal }),
    })),
  )
}

function matcherText({ label, op, value }: Matcher): string {
  return `${label}${op}"${escapeLabel(value)}"`
}

/**
 * Each maintenance in UTC, a part for each day of it: Alertmanager knows days of a month and times of a day, not instants.
 * Its times have minutes, so that the first is rounded down and the last up.
 */
function windowsOf({ maintenance }: ResolvedAlerts): readonly object[] {
  return maintenance.flatMap(({ fromMs, toMs }) => {
    const days: object[] = []
    for (let startMs = fromMs; startMs < toMs && days.length < DAYS_MAX;) {
      const midnightMs = (Math.floor(startMs / DAY_MS) + 1) * DAY_MS
      const endMs = Math.min(midnightMs, toMs)
      const day = new Date(startMs)
      days.push({
        years: [String(day.getUTCFullYear())],
        months: [String(day.getUTCMonth() + 1)],
        days_of_month: [String(day.getUTCDate())],
        times: [
          {
            start_time: clock(startMs, Math.floor),
            end_time: endMs === midnightMs ? '24:00' : clock(endMs, Math.ceil),
          },
        ],
      })
      startMs = midnightMs
    }
    return days
  })
}

const DAY_MS = 86_400_000
/** A maintenance of more than a quarter is none. */
const DAYS_MAX = 92

function clock(atMs: number, round: (minutes: number) => number): string {
  const minutes = round((atMs % DAY_MS) / 60_000)
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
}
