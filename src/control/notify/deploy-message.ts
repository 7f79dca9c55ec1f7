import { canonicalJson, sha256 } from '../../core/canonical-json.ts'
import type { DeployRecord } from '../../deploy/journal.ts'

/** What a channel of kind `webhook` gets: see docs/guides/hooks.md. */
export interface DeployMessage {
  /** Unique for what is told: the same message may come twice. */
  readonly id: string
  readonly event: 'deploy.begun' | 'deploy.ended' | 'deploy.failed'
  readonly app: string
  readonly environment: string
  readonly deploy: string
  readonly kind: DeployRecord['kind']
  readonly state: DeployRecord['state']
  readonly because: string | null
  readonly release: string
  readonly releaseBefore: string | null
  readonly by: string
  readonly approvedBy: string | null
  readonly planHash: string
  /** ISO 8601 in UTC. */
  readonly startedAt: string
  readonly finishedAt: string | null
  /** What the witness counted; null as long as the deploy runs. */
  readonly proof: {
    readonly sent: number
    readonly failed: number
    readonly longestGapMs: number
    readonly digest: string
  } | null
}

/** Live in the end: everything else went back to what it was. */
export function hasSucceeded({ state }: Pick<DeployRecord, 'state'>): boolean {
  return state === 'done' || state === 'inconclusive'
}

/** The digest under which a proof stands in the audit trail; null where there is none. */
export function proofDigest({ proof }: Pick<DeployRecord, 'proof'>): string | null {
  return proof === null ? null : sha256(canonicalJson(proof))
}

export function deployMessage(deploy: DeployRecord, approvedBy: string | null): DeployMessage {
  const { plan, proof, state } = deploy
  const { config } = plan.release
  const event = state === 'running' ? 'deploy.begun' : hasSucceeded(deploy) ? 'deploy.ended' : 'deploy.failed'
  return {
    id: `${config.name}/${config.environment}/${deploy.id}/${event}`,
    event,
    app: config.name,
    environment: config.environment,
    deploy: deploy.id,
    kind: deploy.kind,
    state,
    because: deploy.message,
    release: plan.release.id,
    releaseBefore: plan.base.live,
    by: deploy.by,
    approvedBy,
    planHash: plan.hash,
    startedAt: new Date(deploy.startedAt).toISOString(),
    finishedAt: deploy.finishedAt === null ? null : new Date(deploy.finishedAt).toISOString(),
    proof:
      proof === null
        ? null
        : {
            sent: proof.sent,
            failed: proof.failed,
            longestGapMs: proof.longestGapMs,
            digest: proofDigest(deploy)!,
          },
  }
}

/** One sentence: `shop (production): deploy d7 of 7-3fa9c1d2 is done`. */
export function inWords({ app, environment, kind, deploy, release, state, because }: DeployMessage): string {
  const what = `${app} (${environment}): ${kind} ${deploy} of ${release}`
  if (state === 'running') return `${what} has begun`
  return `${what} is ${state}${because === null ? '' : `: ${because}`}`
}

/** Who, and what the witness saw. */
export function facts(message: DeployMessage): readonly string[] {
  const seen = message.proof && `${message.proof.sent} requests of the witness, ${message.proof.failed} failed`
  const all = [`by ${message.by}`, message.approvedBy && `approved by ${message.approvedBy}`, seen]
  return all.filter((fact) => fact !== null)
}
