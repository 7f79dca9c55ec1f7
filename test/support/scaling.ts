import type { ScaleStatus } from '../../src/control/api/scale-methods.ts'
import type { TestProject } from './project.ts'

/** What control says of the number of instances of `api`. */
export async function scaling(project: TestProject): Promise<ScaleStatus> {
  const { services } = await project.control.call('scale.look', {})
  return services.find(({ service }) => service === 'api')!
}

export async function numbers(project: TestProject): Promise<{ wanted: number; running: number }> {
  const { wanted, running } = await scaling(project)
  return { wanted, running }
}
