import { Problem } from '../../../core/problem.ts'
import type { ResolvedService } from '../../../config/resolved.ts'
import { repositoryOf } from '../image/registry.ts'

/** What a program needs around it in an image, and what that brings: an interpreter for our own few lines. */
export type Runtime = 'node' | 'python'

/** The images that generated Dockerfiles begin with; by digest as soon as a registry has told one. */
export interface Bases extends Readonly<Record<Runtime, string>> {
  /** Seaworthy's own, for static services: what serves their files. */
  readonly seaworthy?: string
}

export const BASES: Bases = {
  node: 'node:24-bookworm-slim',
  python: 'python:3.13-slim-bookworm',
}

/** Programs that come with a runtime. */
const PROGRAMS: readonly (readonly [RegExp, Runtime])[] = [
  [/^(?:node|npm|npx|yarn|pnpm)$|^(?:\.\/)?node_modules\//, 'node'],
  [/^(?:python3?|pip3?|uvicorn|gunicorn|flask|django-admin)$/, 'python'],
]

/**
 * The runtime of a service, by the program that it starts; of a static one by the program that builds it.
 * @throws Problem `image.no-base` for a program that none of them has
 */
export function runtimeOf(name: string, service: ResolvedService): Runtime {
  const found = knownRuntime(service)
  if (found !== null) return found
  const program = programOf(service)
  throw new Problem('image.no-base', `${name} starts '${program}', and no base image is known for that`, {
    hint: "Put a Dockerfile into the service's folder, or name an `image` by digest.",
  })
}

/** Null where no base has its program: it brings a Dockerfile of its own, or cannot be made. */
export function knownRuntime(service: ResolvedService): Runtime | null {
  return PROGRAMS.find(([pattern]) => pattern.test(programOf(service)))?.[1] ?? null
}

/** What is known to be in a running container of a service; null: its image may hold nothing but its program. */
export function runtimeIn(service: ResolvedService): Runtime | null {
  switch (service.run.kind) {
    case 'program':
      return knownRuntime(service)
    case 'static':
      return 'node'
    case 'image':
      return null
  }
}

function programOf({ run, build }: ResolvedService): string {
  return run.kind === 'program' ? run.argv[0]! : (build?.[0] ?? run.kind)
}

/**
 * A base by the digest under which a registry gave it; by its tag alone where the engine has it from nowhere.
 * @param digests `RepoDigests` of `docker image inspect`
 */
export function pinned(reference: string, digests: readonly string[]): string {
  const repository = repositoryOf(reference)
  const known = digests.find((digest) => digest.slice(0, digest.indexOf('@')) === repository)
  return known === undefined ? reference : `${reference}@${known.slice(known.indexOf('@') + 1)}`
}
