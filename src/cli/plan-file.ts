import { readFileSync, writeFileSync } from 'node:fs'
import { personOf } from '../control/approvals.ts'
import { Problem } from '../core/problem.ts'
import { checkPlanHash, signPlan } from '../deploy/plan-hash.ts'
import type { Plan } from '../deploy/plan.ts'
import { whoAmI } from './lease.ts'

/** Writes a plan for others to look at, with the name of its maker. Returns what was written. */
export function writePlan(file: string, plan: Plan): Plan {
  const signed = signPlan(plan, personOf(whoAmI()))
  writeFileSync(file, JSON.stringify(signed, null, 2))
  return signed
}

/** @throws Problem `cli.plan-unreadable`, `deploy.plan-altered` */
export function readPlan(file: string): Plan {
  const plan = parsePlan(file)
  checkPlanHash(plan)
  return plan
}

function parsePlan(file: string): Plan {
  const noPlan = (cause?: unknown): Problem =>
    new Problem('cli.plan-unreadable', `${file} is no plan`, {
      hint: 'Make one with `seaworthy plan --out FILE`.',
      cause,
    })
  let plan: Partial<Plan> | null
  try {
    plan = JSON.parse(readFileSync(file, 'utf8')) as Partial<Plan> | null
  } catch (error) {
    throw noPlan(error)
  }
  if (typeof plan?.hash !== 'string' || !Array.isArray(plan.operations) || !plan.base || !plan.release) throw noPlan()
  return plan as Plan
}
