import { checkConfig, resolveEnvironment } from '../../src/config/index.ts'
import type { Json } from '../../src/config/plain.ts'
import type { Release } from '../../src/deploy/release.ts'

/** A release of an environment on Docker, from a config as somebody would write it. */
export function dockerRelease(
  services: Readonly<Record<string, object>>,
  { id = '7-3fa9c1d2', name = 'shop', needs = {}, artifacts = {}, environment = {} }: DockerReleaseOptions = {},
): Release {
  const app = {
    name,
    needs,
    services,
    environments: { staging: { target: 'docker', host: 'ssh://deploy@staging.example.com', ...environment } },
  }
  return {
    id,
    sequence: Number.parseInt(id, 10),
    digest: id.slice(id.indexOf('-') + 1),
    config: resolveEnvironment(checkConfig(app as Json, '/app/seaworthy.config.ts'), 'staging'),
    artifacts: Object.fromEntries(
      Object.keys(services).map((service) => [service, artifacts[service] ?? 'a1b2c3d4e5f60718']),
    ),
    secrets: {},
    migrationLevel: 0,
    createdAt: 0,
  }
}

interface DockerReleaseOptions {
  /** Beside its target and host. */
  readonly environment?: object
  readonly id?: string
  readonly name?: string
  readonly needs?: Readonly<Record<string, object>>
  readonly artifacts?: Readonly<Record<string, string>>
}
