import { canonicalJson, sha256 } from '../core/canonical-json.ts'
import { Problem } from '../core/problem.ts'

/** What a plan is known by: taken from all of its content, in whichever order and layout it was written. */
export function planHash(plan: object & { readonly hash?: string }): string {
  return sha256(canonicalJson({ ...plan, hash: undefined }))
}

/** The plan with the name of whoever hands it on, which its hash then covers. */
export function signPlan<P extends { readonly hash: string }>(plan: P, by: string): P & { readonly by: string } {
  const signed = { ...plan, by }
  return { ...signed, hash: planHash(signed) }
}

/** @throws Problem `deploy.plan-altered` when a plan is not what its own hash was taken from */
export function checkPlanHash(plan: { readonly hash: string }): void {
  const found = planHash(plan)
  if (found === plan.hash) return
  throw new Problem(
    'deploy.plan-altered',
    `the plan says that its hash is ${plan.hash}, but its content makes ${found}`,
    { hint: 'It was changed after it was made. Make a new one with `seaworthy plan --out FILE`.' },
  )
}
