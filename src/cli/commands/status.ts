import type { Status } from '../../control/api/contract.ts'
import type { DeployRecord } from '../../deploy/journal.ts'
import { describeProgress } from '../canary-text.ts'
import { environmentCommand, globalsOf, openEnvironment, sayFor, type MakeCommand } from '../command.ts'
import { describeNeeds } from '../need-text.ts'
import { EXIT, print, printJson, table } from '../output.ts'
import { describeCounts, describePaused } from '../pause-text.ts'
import { isScaled, scalingTable } from '../scale-text.ts'
import { describeHealth } from '../status-text.ts'
import { describeTls } from '../tls-text.ts'

const HISTORY_SHOWN = 20

export const statusCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand('status', 'Is the app fine, since when, what changed; then what runs.')
    .option('--history', 'the last deploys and events too')
    .option('--check', 'exit code 4 unless the app is fine: for scripts')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy status\n  seaworthy status --check\n  seaworthy status production --history --json',
    )
    .action(async (environment: string | undefined, { history, check }: { history?: boolean; check?: boolean }) => {
      using opened = await openEnvironment(command, environment, { awayMs: 1_000 })
      const { control } = opened
      const status = await control.call('status', {})
      const health = await control.call('health.look', {})
      if (check && health.state !== 'fine') onExitCode(EXIT.broken)
      const { needs } = await control.call('need.list', {})
      const { deploys } = history ? await control.call('deploy.list', { limit: HISTORY_SHOWN }) : { deploys: [] }
      const { events } = history ? await control.call('events', { after: 0, limit: HISTORY_SHOWN }) : { events: [] }
      if (globalsOf(command).json)
        return printJson({ ...status, needs, health, ...(history ? { deploys, events } : {}) })
      const say = sayFor(command)
      print(say(`${describeHealth(health, needs)}\n\n${describeStatus(status)}`))
      if (needs.length > 0) print(say(`\n${describeNeeds(needs)}`))
      if (deploys.length > 0) print(say(`\nDeploys\n${table(deploys.map(describeDeploy))}`))
      if (events.length > 0)
        print(say(`\nEvents\n${table(events.map(({ at, kind, text }) => [when(at), kind, text]))}`))
    })
  return command
}

function describeStatus(status: Status): string {
  const { world, lease, running, last, instances, gateway } = status
  const versions = gateway.map(
    ({ worker, pid, version, retiring }) =>
      `${worker}: ${pid === null ? 'down' : `pid ${pid}, table ${version ?? '?'}`}${retiring ? ', retiring' : ''}`,
  )
  return [
    table([
      ['app', `${status.app} (${status.environment}) at ${status.url}`],
      ['live', world.live ?? 'nothing: run `seaworthy deploy`'],
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

function describeDeploy({ id, kind, plan, state, finishedAt, startedAt, message, by }: DeployRecord): string[] {
  return [id, kind, plan.release.id, state, when(finishedAt ?? startedAt), by, message ?? '']
}

function when(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ').slice(0, 19)
}
