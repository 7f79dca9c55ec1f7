import { fillSummary } from './evaluate/summary.ts'
import { quietMsOf, REOPEN_MS, type IncidentRecord } from './incident-record.ts'
import { heldBy, notificationId, type Notification, type TimelineEntry, type Verdict } from './incident.ts'
import type { Context, Firing, Routes } from './stages/context.ts'
import { deduplicate, forgetGone, REPEAT_MS } from './stages/deduplicate.ts'
import { escalate } from './stages/escalate.ts'
import { gravest, groupOf, toldFromMs } from './stages/group.ts'
import { inhibit } from './stages/inhibit.ts'
import { channelsFor } from './stages/route.ts'
import { silence } from './stages/silence.ts'

export interface Surroundings extends Context {
  readonly app: string
  readonly environment: string
  readonly routes: Routes
  /** Every channel there is. */
  readonly channels: readonly string[]
  /** Not yet over, or over so recently that they may come back. One of each group. */
  readonly incidents: readonly IncidentRecord[]
  /** A fresh id: `i7`. */
  readonly nextId: () => string
  /** What no other incident has had, whichever environment counted it. */
  readonly nonce: () => string
}

/** What has to be saved, all of it at once, so that what is told is told whoever dies. */
export interface Step {
  readonly incident: IncidentRecord
  readonly send: readonly { readonly notification: Notification; readonly to: readonly string[] }[]
  readonly entries: readonly TimelineEntry[]
}

type Members = readonly (Firing & { readonly verdict: Verdict })[]

/** Which stage keeps each firing alert back, by key; the first stage decides. */
export function verdictsOf(firing: readonly Firing[], context: Context): ReadonlyMap<string, Verdict> {
  const [inhibited, silenced] = [inhibit(firing, context), silence(firing, context)]
  return new Map(
    firing.map(({ key }): [string, Verdict] => {
      const verdicts = [inhibited.get(key)!, silenced.get(key)!]
      return [key, heldBy(verdicts) ?? { kind: 'pass' }]
    }),
  )
}

/** One look at everything that fires: which incidents begin, go on, and end. Nothing is told twice for the same reason. */
export function live(firing: readonly Firing[], around: Surroundings): readonly Step[] {
  const verdicts = verdictsOf(firing, around)
  const members = firing.map((each) => ({ ...each, verdict: verdicts.get(each.key)! }))
  const groups = Map.groupBy(members, groupOf)
  const names = new Set([...groups.keys(), ...around.incidents.map(({ group }) => group)])
  return [...names].flatMap((group) => {
    const incident = around.incidents.find((each) => each.group === group) ?? null
    const step = advance(group, incident, groups.get(group) ?? [], around)
    return step === null ? [] : [step]
  })
}

function advance(group: string, incident: IncidentRecord | null, members: Members, around: Surroundings): Step | null {
  const { nowMs } = around
  const passing = members.filter(({ verdict }) => verdict.kind === 'pass')
  if (incident === null) return begin(group, passing, around)
  if (incident.resolvedAtMs !== null) return again(incident, members, passing, around)
  if (members.length === 0) return quieten(incident, around)
  const heard = forgetGone(incident, members, nowMs)
  const awake: IncidentRecord = heard.quietSinceMs === null ? heard : { ...heard, quietSinceMs: null }
  const due = deduplicate(awake, passing, nowMs)
  if (due.tell)
    return tell(due.wakes && awake.acknowledgedAtMs !== null ? wakingAnew(awake, nowMs) : awake, passing, around)
  const steps = passing.length === 0 ? [] : escalate(awake, around.routes, nowMs)
  if (steps.length > 0) return raise(awake, passing, steps, around)
  const known = withExplained(awake, members)
  return known === awake && awake === incident ? null : { incident: known, send: [], entries: [] }
}

function begin(group: string, passing: Members, around: Surroundings): Step | null {
  const first = gravest(passing)
  if (first === null || around.nowMs < toldFromMs(passing)) return null
  const id = around.nextId()
  const fresh: IncidentRecord = {
    id,
    group,
    dedupKey: [around.app, around.environment, id, around.nonce()].join('/'),
    severity: first.rule.severity,
    title: '',
    openedAtMs: around.nowMs,
    acknowledgedAtMs: null,
    resolvedAtMs: null,
    known: [],
    told: [],
    toldAtMs: around.nowMs,
    messages: 0,
    escalated: [],
    reopened: 0,
    quietSinceMs: null,
    cause: null,
    resolvedBy: null,
    runbook: null,
  }
  return tell(fresh, passing, around)
}

/** What comes back soon is the same incident. What a person has resolved although it fired stays quiet until it ended, or for as long as it would not have been repeated. */
function again(incident: IncidentRecord, members: Members, passing: Members, around: Surroundings): Step | null {
  const known = new Set(incident.known)
  const sinceMs = around.nowMs - incident.resolvedAtMs!
  if (incident.resolvedBy !== null) {
    const firing = new Set(members.map(({ key }) => key))
    const still = incident.known.filter((key) => firing.has(key))
    const isQuiet = sinceMs < REPEAT_MS[incident.severity] && passing.every(({ key }) => known.has(key))
    if (!isQuiet) return begin(incident.group, passing, around)
    return still.length === incident.known.length
      ? null
      : { incident: { ...incident, known: still }, send: [], entries: [] }
  }
  if (sinceMs >= REOPEN_MS) return begin(incident.group, passing, around)
  if (passing.length === 0 || around.nowMs < toldFromMs(passing)) return null
  const reopened: IncidentRecord = {
    ...wakingAnew(incident, around.nowMs),
    resolvedAtMs: null,
    cause: null,
    reopened: incident.reopened + 1,
    quietSinceMs: null,
    known: [],
  }
  return tell(reopened, passing, around)
}

/** Whoever has acknowledged what was, has not acknowledged this; its escalations begin anew. */
function wakingAnew(incident: IncidentRecord, nowMs: number): IncidentRecord {
  const escalations = incident.escalations ?? incident.escalated.length
  return { ...incident, acknowledgedAtMs: null, escalated: [], escalations, wokeAtMs: nowMs }
}

function tell(incident: IncidentRecord, passing: Members, around: Surroundings): Step {
  const { nowMs } = around
  const first = gravest(passing)!
  const known = new Set(incident.known)
  const severity = first.rule.severity < incident.severity ? first.rule.severity : incident.severity
  const to = channelsFor(severity, around)
  const told: IncidentRecord = {
    ...incident,
    severity,
    title: incident.title === '' || first.rule.severity <= incident.severity ? titleOf(first) : incident.title,
    runbook: first.rule.runbook,
    told: [...new Set([...incident.told, ...to])],
    toldAtMs: nowMs,
    messages: incident.messages + 1,
  }
  const withPassing = { ...told, known: [...new Set([...told.known, ...passing.map(({ key }) => key)])] }
  const notification = notify('fired', withPassing, passing, around, incident.messages)
  const entries = passing
    .filter(({ key }) => !known.has(key))
    .map(({ alert }): TimelineEntry => ({
      // What waited for its group, or for the next repetition, fired before it was told.
      atMs: alert.firedAtMs ?? nowMs,
      by: 'control',
      kind: 'alert',
      rule: alert.rule,
      state: 'firing',
    }))
  return { incident: withPassing, send: [{ notification, to }], entries }
}

function raise(
  incident: IncidentRecord,
  passing: Members,
  steps: readonly { readonly id: string; readonly to: readonly string[] }[],
  around: Surroundings,
): Step {
  const taken = incident.escalations ?? incident.escalated.length
  const send = steps.map(({ to }, index) => ({
    notification: notify('escalated', incident, passing, around, taken + index + 1),
    to,
  }))
  return {
    incident: {
      ...incident,
      escalated: [...incident.escalated, ...steps.map(({ id }) => id)],
      escalations: taken + steps.length,
      told: [...new Set([...incident.told, ...steps.flatMap(({ to }) => to)])],
    },
    send,
    entries: [],
  }
}

/** All of its alerts are over: told after a while, since what flaps is not over. */
function quieten(incident: IncidentRecord, around: Surroundings): Step | null {
  const { nowMs } = around
  const sinceMs = incident.quietSinceMs
  if (sinceMs === null) return { incident: { ...incident, quietSinceMs: nowMs }, send: [], entries: [] }
  if (nowMs - sinceMs < quietMsOf(incident)) return null
  return resolve(incident, { by: null, cause: 'alerts ended' }, around)
}

/** The end, told to every channel that heard of the beginning. */
export function resolve(
  incident: IncidentRecord,
  { by, cause }: { readonly by: string | null; readonly cause: string },
  around: Pick<Surroundings, 'nowMs' | 'app' | 'environment'>,
): Step {
  const { nowMs } = around
  const resolved: IncidentRecord = { ...incident, resolvedAtMs: nowMs, resolvedBy: by, cause }
  return {
    incident: resolved,
    send: [{ notification: notify('resolved', resolved, [], around, incident.reopened), to: incident.told }],
    entries: [{ atMs: nowMs, by: by ?? 'control', kind: 'resolved', cause }],
  }
}

/** Alerts that another one explains belong to the incident, so that they are no news when that one ends first. */
function withExplained(incident: IncidentRecord, members: Members): IncidentRecord {
  const known = new Set(incident.known)
  const explained = members
    .filter(({ verdict, key }) => verdict.kind === 'hold' && verdict.stage === 'inhibit' && !known.has(key))
    .map(({ key }) => key)
  return explained.length === 0 ? incident : { ...incident, known: [...incident.known, ...explained] }
}

function notify(
  kind: 'fired' | 'escalated' | 'resolved',
  incident: IncidentRecord,
  members: readonly Firing[],
  { app, environment, nowMs }: Pick<Surroundings, 'app' | 'environment' | 'nowMs'>,
  step: number,
): Notification {
  const { id, severity, title, runbook, dedupKey } = incident
  return {
    id: notificationId({ app, environment, incident: id, kind }, step),
    kind,
    incident: id,
    ...(dedupKey === undefined ? {} : { dedupKey }),
    app,
    environment,
    severity,
    title,
    alerts: members.map(({ alert }) => alert),
    runbook,
    atMs: nowMs,
  }
}

function titleOf({ alert, rule }: Firing): string {
  return fillSummary(rule.summary, alert)
}
