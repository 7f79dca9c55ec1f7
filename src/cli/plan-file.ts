import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { personOf } from '../control/approvals.ts'
import { Problem } from '../core/problem.ts'
import { checkPlanHash, signPlan } from '../deploy/plan-hash.ts'
import type { Plan } from '../deploy/plan.ts'
import { readSource } from '../deploy/source.ts'
import { whoAmI } from './lease.ts'
import { isPlan } from './plan-shape.ts'
import type { Project } from './project.ts'

/**
 * Writes a plan for others to look at, with the name of its maker. Returns what was written.
 * @throws Problem `cli.plan-in-sources` where the file would itself change what the plan is for
 */
export async function writePlan(file: string, plan: Plan, { folder, keptOut }: Project): Promise<Plan> {
  const signed = signPlan(plan, personOf(whoAmI()))
  const isNew = !existsSync(file)
  writeFileSync(file, JSON.stringify(signed, null, 2))
  const { config, artifacts, promoted } = plan.release
  // Made of nothing that lies here.
  if (promoted !== undefined) return signed
  for (const [name, service] of Object.entries(config.services)) {
    if ((await readSource(folder, service, keptOut)).hash === artifacts[name]) continue
    if (isNew) rmSync(file)
    throw new Problem('cli.plan-in-sources', `${file} is one of the files of ${name}: the plan would not fit them`, {
      hint: 'Write it elsewhere, such as .seaworthy/plan.json, which is never a part of a release.',
    })
  }
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
  let plan: unknown
  try {
    plan = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw noPlan(error)
  }
  if (!isPlan(plan)) throw noPlan()
  return plan
}
