import type { Clock } from '../../core/clock.ts'
import type { Logger } from '../../core/logger.ts'
import type { LogThread } from '../../observe/logs/thread/client.ts'
import type { Alerts } from '../alerts/alerts.ts'
import type { Status } from '../api/contract.ts'
import type { Needs } from '../needs/needs.ts'
import type { Rollouts } from '../rollout/rollouts.ts'
import type { State } from '../state.ts'
import type { HealthWatch } from '../status/health-watch.ts'
import type { AlertsOverview } from '../api/alerts-methods.ts'
import type { DeploysNow, StatusNow } from '../api/live-events.ts'
import { Live, type Looked } from './live.ts'
import { makeLiveRows } from './rows.ts'

interface Parts {
  readonly state: State
  readonly status: () => Promise<Status>
  readonly health: Pick<HealthWatch, 'report'>
  readonly needs: Pick<Needs, 'list'>
  readonly alerts: Pick<Alerts, 'overview'>
  readonly rollouts: Pick<Rollouts, 'trial'>
  readonly logs: Pick<LogThread, 'call'>
  readonly clock: Clock
  readonly logger: Logger
}

/** The live stream of an environment, woken by every event. */
export function makeLive({ state, status, health, needs, alerts, rollouts, logs, clock, logger }: Parts): Live {
  const rows = makeLiveRows(state)
  const live = new Live({
    rows,
    logs,
    clock,
    logger,
    values: {
      status: async () => lookedStatus({ status: await status(), health: health.report(), needs: needs.list() }),
      alerts: async () => looked(alerts.overview()),
      deploys: async () => looked({ ...rows.deploys(), canary: rollouts.trial() }),
    },
  })
  state.onEvent = () => live.wake()
  return live
}

function looked(value: AlertsOverview | DeploysNow): Looked {
  const json = JSON.stringify(value)
  return { json, mark: json }
}

/** What moves all the time, and tells nobody anything, makes no other value. */
function lookedStatus(now: StatusNow): Looked {
  const { status, health } = now
  const disk = status.disk.isFull ? status.disk : null
  return {
    json: JSON.stringify(now),
    mark: JSON.stringify({ ...now, status: { ...status, disk }, health: { ...health, at: 0 } }),
  }
}
