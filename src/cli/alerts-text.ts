import type { AlertsOverview, ListedAlert } from '../control/api/alerts-methods.ts'
import { quietMsOf, type IncidentRecord } from '../observe/alerts/incident-record.ts'
import type { TimelineEntry } from '../observe/alerts/incident.ts'
import type { Silence } from '../observe/alerts/stages/context.ts'
import { table } from './output.ts'

const ORDER: readonly ListedAlert['state'][] = ['firing', 'pending', 'no-data', 'inactive']

/** What fires first, then what may, then what has just ended; nothing to say is said as well. */
export function describeAlerts({ alerts, rules, evaluatedAtMs }: AlertsOverview, nowMs: number): string {
  const sorted = alerts.toSorted(
    (one, other) => ORDER.indexOf(one.state) - ORDER.indexOf(other.state) || one.severity.localeCompare(other.severity),
  )
  const head = `${rules.length} rules, last evaluated ${ago(evaluatedAtMs, nowMs)}`
  if (sorted.length === 0) return `Nothing fires. ${head}.`
  const rows = sorted.map((alert) => [
    alert.state === 'inactive' ? 'over' : alert.state,
    alert.severity,
    alert.rule,
    ago(alert.resolvedAtMs ?? alert.activeAtMs ?? nowMs, nowMs),
    `${alert.summary}${alert.held === null ? '' : ` (${alert.held.stage}: ${alert.held.because})`}`,
  ])
  return `${table(rows)}\n${head}.`
}

export function describeSilence({ id, matchers, by, reason, toMs }: Silence): string {
  const what = matchers.map(({ label, op, value }) => `${label}${op}${value}`).join(' ')
  return `${id} mutes ${what} until ${isoOf(toMs)}, by ${by}: ${reason}`
}

export function describeIncidents(incidents: readonly IncidentRecord[], nowMs: number): string {
  if (incidents.length === 0) return 'There was no incident.'
  return table(
    incidents.map((incident) => [
      incident.id,
      incident.severity,
      stateOf(incident),
      ago(incident.openedAtMs, nowMs),
      incident.title,
    ]),
  )
}

export function describeIncident(incident: IncidentRecord, timeline: readonly TimelineEntry[]): string {
  const { id, severity, title, runbook, openedAtMs, resolvedAtMs, cause, told } = incident
  const facts = [
    `${id}  ${severity}  ${stateOf(incident)}  ${title}`,
    `opened    ${isoOf(openedAtMs)}`,
    ...(resolvedAtMs === null ? [] : [`resolved  ${isoOf(resolvedAtMs)}: ${cause ?? 'no cause'}`]),
    ...(told.length === 0 ? [] : [`told      ${told.join(', ')}`]),
    ...(runbook === null ? [] : [`runbook   ${runbook}`]),
  ]
  const rows = timeline.map((entry) => [isoOf(entry.atMs), entry.by, describeEntry(entry)])
  return [...facts, '', table(rows)].join('\n')
}

/** An incident as a document: what a review begins with. */
export function incidentMarkdown(incident: IncidentRecord, timeline: readonly TimelineEntry[]): string {
  const { id, severity, title, runbook, openedAtMs, acknowledgedAtMs, resolvedAtMs, cause, told } = incident
  const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ')
  const facts = [
    ['Severity', severity],
    ['Opened', isoOf(openedAtMs)],
    ['Acknowledged', acknowledgedAtMs === null ? 'no' : isoOf(acknowledgedAtMs)],
    ['Resolved', resolvedAtMs === null ? 'no' : isoOf(resolvedAtMs)],
    ['Duration', resolvedAtMs === null ? 'open' : span(resolvedAtMs - openedAtMs)],
    ['Cause', cause ?? ''],
    ['Told', told.join(', ')],
    ['Runbook', runbook ?? ''],
  ]
  return [
    `# Incident ${id}: ${title.replaceAll(/\s+/g, ' ')}`,
    '',
    '| | |',
    '| --- | --- |',
    ...facts.map(([name, value]) => `| ${name} | ${cell(value ?? '')} |`),
    '',
    '## Timeline',
    '',
    '| Time | By | What |',
    '| --- | --- | --- |',
    ...timeline.map((entry) => `| ${isoOf(entry.atMs)} | ${cell(entry.by)} | ${cell(describeEntry(entry))} |`),
    '',
  ].join('\n')
}

function describeEntry(entry: TimelineEntry): string {
  switch (entry.kind) {
    case 'alert':
      return `${entry.rule} is ${entry.state}`
    case 'deploy':
      return `deploy ${entry.deploy} of ${entry.release}: ${entry.state}`
    case 'action':
      return entry.method
    case 'notification':
      return `${entry.channel}: ${entry.outcome === 'sent' ? 'told' : 'could not be told'}`
    case 'acknowledged':
      return 'acknowledged'
    case 'resolved':
      return `resolved: ${entry.cause ?? 'no cause'}`
    case 'note':
      return entry.text
  }
}

function stateOf(incident: IncidentRecord): string {
  if (incident.resolvedAtMs !== null) return 'resolved'
  if (incident.quietSinceMs !== null) return `quiet (over after ${span(quietMsOf(incident))})`
  return incident.acknowledgedAtMs === null ? 'open' : 'acknowledged'
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString()
}

function ago(ms: number, nowMs: number): string {
  return `${span(Math.max(0, nowMs - ms))} ago`
}

function span(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 3_600_000) return `${Math.round(ms / 60_000)} min`
  return ms < 86_400_000 ? `${(ms / 3_600_000).toFixed(1)} h` : `${(ms / 86_400_000).toFixed(1)} d`
}
