import type { EnvironmentEvent, Status } from '../control/api/contract.ts'
import type { StatusNow } from '../control/api/live-events.ts'
import type { DeployRecord } from '../deploy/journal.ts'
import { describeProgress } from './canary-text.ts'
import { describeNeeds } from './need-text.ts'
import { table } from './output.ts'
import { describePromotion } from './plan-text.ts'
import { describeCounts, describePaused } from './pause-text.ts'
import { isScaled, scalingTable } from './scale-text.ts'
import { describeTls } from './tls-text.ts'

/** Everything that runs, below the answer. */
export function describeEnvironment({ status, needs }: Pick<StatusNow, 'status' | 'needs'>): string {
  return `${describeStatus(status)}${needs.length > 0 ? `\n\n${describeNeeds(needs)}` : ''}`
}

/** The last deploys and events; empty when there are none. */
export function describeHistory(deploys: readonly DeployRecord[], events: readonly EnvironmentEvent[]): string {
  return [
    ...(deploys.length === 0 ? [] : [`\nDeploys\n${table(deploys.map(describeDeploy))}`]),
    ...(events.length === 0 ? [] : [`\nEvents\n${table(events.map(({ at, kind, text }) => [when(at), kind, text]))}`]),
  ].join('\n')
}

function describeStatus(status: Status): string {
  const { world, lease, running, last, instances, gateway } = status
  const versions = gateway.map(
    ({ gateway: of, worker, pid, version, retiring }) =>
      `${of === '' ? '' : `${of} `}${worker}: ${pid === null ? 'down' : `pid ${pid}, table ${version ?? '?'}`}${retiring ? ', retiring' : ''}`,
  )
  return [
    table([
      ['app', `${status.app} (${status.environment}) at ${status.url}`],
      ['live', world.live ?? 'nothing: run `seaworthy deploy`'],
      ...(status.promoted ? [['', describePromotion(status.promoted)]] : []),
      ['warm', world.warm ?? 'none'],
      ['gateway', versions.join('; ')],
      ...(status.tls === null ? [] : [['https', describeTls(status.tls)]]),
      ...(status.metricsPort === null ? [] : [['metrics', `http://127.0.0.1:${status.metricsPort}/metrics`]]),
      ...(status.paused === null
        ? []
        : [
            [
              'paused',
              `${describePaused(status.paused)} since ${when(status.paused.since)} by ${status.paused.by}: ${describeCounts(status.paused)}`,
            ],
          ]),
      ['deploy', describeWork(running, last, { isHeld: lease !== null, isOnTrial: status.canary !== null })],
      ...(status.canary === null ? [] : [['on trial', describeProgress(status.canary.progress)]]),
      ...(status.disk.isFull ? [['disk', describeFull(status.disk)]] : []),
      ...(status.stoppedServices.length > 0 ? [['stopped', status.stoppedServices.join(', ')]] : []),
      ...(status.heldServices?.[0] === undefined ? [] : [['held', describeHeld(status.heldServices, running)]]),
      ...[...status.owed.map(describeOwed), ...(status.owedHooks ?? []).map(describeOwedHook)].map((text, index) => [
        index === 0 ? 'owed' : '',
        text,
      ]),
    ]),
    '',
    table([
      ['instance', 'state', 'pid', 'port', 'restarts', 'since', 'last end'],
      ...instances.map((one) => [
        one.id,
        one.release === world.live || one.state !== 'running'
          ? one.state
          : one.release === world.warm
            ? 'warm'
            : 'running',
        String(one.pid ?? '-'),
        String(one.port ?? '-'),
        String(one.restarts),
        when(one.startedAt),
        one.lastExit ?? '',
      ]),
    ]),
    ...(status.scaling.some(isScaled) ? ['', scalingTable(status.scaling)] : []),
  ].join('\n')
}

/** Between its stop and the next release a service is nowhere; when nothing is under way any more, somebody has to know. */
function describeHeld(held: readonly string[], running: Status['running']): string {
  const names = held.join(', ')
  if (running !== null) return `${names}: until ${running.plan.release.id} is there`
  return `${names}: stopped for a release that did not come, and not brought back; \`seaworthy stop --service ${held[0]} --start\` or the next deploy does`
}

function describeOwed({ what, service, release, ids, because, since }: Status['owed'][number]): string {
  const whom = ids.length === 0 ? `${service} of ${release}` : ids.join(', ')
  return `${what} ${whom} since ${when(since)}: ${because}; \`seaworthy deploy\` does it`
}

function describeOwedHook({ deploy, time, runner }: NonNullable<Status['owedHooks']>[number]): string {
  const who = runner === null || runner.isLate ? '`seaworthy up` runs it, `deploy` too' : `run by ${runner.by}`
  return `hook '${time}' of ${deploy}: ${who}`
}

function describeFull({ folder, bytesLeft, waiting }: Status['disk']): string {
  const late = waiting === 0 ? '' : `; changes that wait for room: ${waiting}`
  return `full: ${Math.floor(bytesLeft / 1024)} KiB are left for ${folder}${late}. Free some space.`
}

function describeWork(
  running: DeployRecord | null,
  last: DeployRecord | null,
  { isHeld, isOnTrial }: { isHeld: boolean; isOnTrial: boolean },
): string {
  if (running && isHeld)
    return `${running.id} to ${running.plan.release.id} is at work since ${when(running.startedAt)}`
  if (isOnTrial && running)
    return `${running.id} is on trial; control goes on with it alone: \`seaworthy deploy --resume\` follows`
  if (running) return `${running.id} was interrupted: \`seaworthy deploy --resume\` or \`seaworthy deploy --abort\``
  return last ? describeDeploy(last).join('  ') : 'none yet'
}

function describeDeploy({ id, kind, plan, state, finishedAt, startedAt, message, by, proof }: DeployRecord): string[] {
  const { promoted } = plan.release
  const from = promoted === undefined ? '' : describePromotion(promoted)
  const what = proof?.rotated === undefined ? from : `rotated ${proof.rotated.join(', ')}`
  return [id, kind, plan.release.id, state, when(finishedAt ?? startedAt), by, message ?? what]
}

function when(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}
