import type { DeployOrigin } from '../control/api/hooks-methods.ts'
import type { Project } from './project.ts'
import type { SecretValues } from './secret-values.ts'

/** What control needs to tell people: each channel with the value of its secret. */
export function originOf({ folder, app }: Project, secrets: SecretValues): DeployOrigin {
  const channels = Object.entries(app.channels).map(([name, { kind, secret }]) => [
    name,
    { kind, url: secrets.of([secret])[secret]! },
  ])
  return { folder, channels: Object.fromEntries(channels) as DeployOrigin['channels'] }
}
