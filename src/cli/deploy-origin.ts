import type { DeployOrigin } from '../control/api/hooks-methods.ts'
import { parseApiKeys } from '../guard/identity/api-keys.ts'
import { tooShort } from '../guard/identity/refresh.ts'
import { SHARED_BYTES_MIN } from '../guard/identity/tokens.ts'
import { channelsOf } from './channels.ts'
import type { Project } from './project.ts'
import type { SecretValues } from './secret-values.ts'

/** What control needs to tell people: each channel with the value of its secret. */
export function originOf({ folder, app }: Project, secrets: SecretValues): DeployOrigin {
  return {
    folder,
    channels: channelsOf(app, (secret) => secrets.of([secret])[secret]!),
    guard: guardSecrets(app, secrets),
  }
}

/** @throws Problem `guard.keys-wrong`, `guard.secret-short`: better now than when the first request is refused. */
function guardSecrets({ guard }: Project['app'], secrets: SecretValues): NonNullable<DeployOrigin['guard']> {
  const keys = guard.identity?.keys ?? null
  const signing = guard.identity?.jwt?.secret ?? null
  const entries = keys === null ? undefined : secrets.of([keys])[keys]!
  if (entries !== undefined) parseApiKeys(entries)
  const shared = signing === null ? undefined : secrets.of([signing])[signing]!
  if (shared !== undefined && Buffer.byteLength(shared) < SHARED_BYTES_MIN) throw tooShort(Buffer.byteLength(shared))
  return { ...(entries === undefined ? {} : { keys: entries }), ...(shared === undefined ? {} : { jwt: shared }) }
}
