import { canonicalJson } from '../core/canonical-json.ts'
import type { Clock } from '../core/clock.ts'
import { Problem } from '../core/problem.ts'
import type { DeployRecord, DeployState } from '../deploy/journal.ts'
import { checkPlanHash } from '../deploy/plan-hash.ts'
import type { Plan } from '../deploy/plan.ts'
import type { Release } from '../deploy/release.ts'
import type { Approval } from './api/hooks-methods.ts'
import type { State } from './state.ts'

/** How long an approval can be used. */
export const APPROVAL_MS = 24 * 3_600_000
/** Where a plan to hand on may lie without being a part of what is deployed. */
const PLAN_FILE = '.seaworthy/plan.json'
/** Older ones are forgotten; what was approved stays in the audit trail. */
const APPROVALS_KEPT = 200

export interface ApprovalsOptions {
  readonly state: State
  readonly clock: Clock
  readonly app: string
  readonly environment: string
}

/** Who has approved which plan. An approval is for one plan, by somebody else than its maker, and for one deploy. */
export class Approvals {
  readonly #options: ApprovalsOptions
  readonly #rows: ApprovalRows

  constructor(options: ApprovalsOptions) {
    this.#options = options
    this.#rows = makeRows(options.state)
  }

  /** Newest first. */
  list(): readonly Approval[] {
    return this.#rows.list()
  }

  /** @throws Problem `deploy.plan-altered`, `approval.other-environment`, `approval.own-plan` */
  give(plan: Plan, by: string): Approval {
    const { clock, app, environment } = this.#options
    checkPlanHash(plan)
    const { config } = plan.release
    if (config.name !== app || config.environment !== environment) {
      throw new Problem(
        'approval.other-environment',
        `the plan is for ${config.name} (${config.environment}); this is ${app} (${environment})`,
        { hint: 'Name the environment the plan was made for.' },
      )
    }
    if (plan.by === undefined || personOf(plan.by) === personOf(by)) {
      throw new Problem('approval.own-plan', `the plan was made by ${plan.by ?? 'nobody who said so'}, as you are`, {
        hint: `Somebody else has to approve it: \`seaworthy approve FILE ${environment}\`, under a login of their own.`,
      })
    }
    const at = clock.now()
    const approval = { hash: plan.hash, by, at, until: at + APPROVAL_MS, usedBy: null, revokedBy: null }
    this.#rows.save(approval)
    return approval
  }

  /** @throws Problem `approval.unknown` */
  revoke(hash: string, by: string): Approval {
    const approval = this.#rows.find(hash)
    if (approval === null) {
      throw new Problem('approval.unknown', `no plan ${hash} has been approved`, {
        hint: 'See `seaworthy audit-trail`: a plan that was changed has another hash.',
      })
    }
    const revoked = { ...approval, revokedBy: by }
    this.#rows.save(revoked)
    return revoked
  }

  /** @throws Problem `deploy.not-approved` when the environment wants an approval and has none for this plan */
  check(plan: Plan, by: string): void {
    const { state, environment } = this.#options
    const live = state.get('live')
    const running = live === null ? null : state.release(live)
    // Taking the condition out of the config is itself a change that wants an approval, whatever is live by then: going
    // back to a release from before it must not open the door.
    const wants = plan.release.config.approval || (running?.config.approval ?? false) || state.get('wantsApproval')
    if (!wants || this.#goesBack(plan, running)) return
    const because = this.#objection(plan, by)
    if (because === null) return
    throw new Problem('deploy.not-approved', `${environment} wants an approval of this plan: ${because}`, {
      hint: `Somebody else runs \`seaworthy approve ${PLAN_FILE} ${environment}\`, then you \`seaworthy deploy ${environment} --plan ${PLAN_FILE}\`.`,
      details: [
        `plan ${plan.hash}`,
        ...(plan.by === undefined ? [`make one to hand on: ${planningOf(plan, environment)} --out ${PLAN_FILE}`] : []),
      ],
    })
  }

  /** To be called in the same change that begins the deploy. */
  use({ hash, release }: Plan, deploy: string): void {
    const approval = this.#rows.find(hash)
    if (approval !== null) this.#rows.save({ ...approval, usedBy: deploy })
    if (release.config.approval) this.#options.state.set('wantsApproval', true)
  }

  /** An approved deploy of a config without the condition ends it, once it is live. */
  settle({ id, plan }: DeployRecord, outcome: DeployState): void {
    const isLive = outcome === 'done' || outcome === 'inconclusive'
    const isFreed = plan.kind === 'deploy' && !plan.release.config.approval && this.#rows.find(plan.hash)?.usedBy === id
    if (isLive && isFreed) this.#options.state.set('wantsApproval', false)
  }

  /** Who approved the plan of a deploy; null when nobody had to. */
  approverOf(hash: string): string | null {
    return this.#rows.find(hash)?.by ?? null
  }

  /** The approval that a deploy was begun with. */
  usedFor(hash: string, deploy: string): Approval | null {
    const approval = this.#rows.find(hash)
    return approval?.usedBy === deploy ? approval : null
  }

  /** Back to what has been live, or the live release once more: nothing comes in that nobody has approved. */
  #goesBack({ kind, release }: Plan, live: Release | null): boolean {
    if (kind === 'deploy') return false
    const known = kind === 'restart' ? [live] : this.#options.state.onceLive()
    return known.some((one) => one !== null && contentOf(one) === contentOf(release))
  }

  #objection(plan: Plan, by: string): string | null {
    const approval = this.#rows.find(plan.hash)
    if (approval === null) return 'nobody has given one'
    if (approval.revokedBy !== null) return `${approval.revokedBy} has revoked it`
    if (approval.usedBy !== null) return `it was used for ${approval.usedBy}`
    if (approval.until <= this.#options.clock.now())
      return `that of ${approval.by} ran out at ${new Date(approval.until).toISOString()}`
    if (personOf(approval.by) === personOf(by)) return `${approval.by} cannot both approve and deploy it`
    return null
  }
}

/** `shop@host (pid 12)` → `shop@host`. */
export function personOf(by: string): string {
  return by.replace(/ \(pid \d+\)$/, '')
}

function planningOf({ release: { promoted } }: Plan, environment: string): string {
  return promoted === undefined
    ? `seaworthy plan ${environment}`
    : `seaworthy promote ${promoted.environment} ${environment}`
}

function contentOf({ config, artifacts, secrets, digest, promoted }: Release): string {
  return canonicalJson({ config, artifacts, secrets, digest, promoted })
}

interface ApprovalRows {
  find(hash: string): Approval | null
  list(): readonly Approval[]
  save(approval: Approval): void
}

function makeRows(state: State): ApprovalRows {
  return state.tables((db) => {
    db.exec(
      'create table if not exists approvals (hash text primary key, at integer not null, approval text not null) strict',
    )
    const parse = (row: Record<string, unknown>): Approval => JSON.parse(row['approval'] as string) as Approval
    return {
      find: (hash) => {
        const row = db.prepare('select approval from approvals where hash = ?').get(hash)
        return row === undefined ? null : parse(row)
      },
      list: () => db.prepare('select approval from approvals order by at desc').all().map(parse),
      save: (approval) => {
        db.prepare('insert or replace into approvals values (?, ?, ?)').run(
          approval.hash,
          approval.at,
          JSON.stringify(approval),
        )
        db.prepare('delete from approvals where hash not in (select hash from approvals order by at desc limit ?)').run(
          APPROVALS_KEPT,
        )
      },
    }
  })
}
