import type { HooksMethods } from '../api/hooks-methods.ts'
import type { Handlers } from '../api/server.ts'
import type { Control } from '../control.ts'
import { done } from './tools.ts'

/** Approvals, and what is owed after a deploy. */
export function hooksHandlers({ approvals, afterDeploy }: Control): Pick<Handlers, keyof HooksMethods> {
  return {
    'approval.give': ({ plan, by }) => ({ approval: approvals.give(plan, by) }),
    'approval.revoke': ({ hash, by }) => ({ approval: approvals.revoke(hash, by) }),
    'approval.list': () => ({ approvals: approvals.list() }),
    'hook.begin': (taking) => ({ taken: afterDeploy.elsewhere.take(taking) }),
    'hook.end': (end) => done(afterDeploy.endElsewhere(end)),
    'hook.look': ({ deploy }) => ({ hook: afterDeploy.hookOf(deploy) }),
  }
}
