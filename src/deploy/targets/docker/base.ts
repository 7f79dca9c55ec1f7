import { Problem } from '../../../core/problem.ts'
import type { ResolvedService } from '../../../config/resolved.ts'

/** What a program needs around it in an image, and what that brings: an interpreter for our own few lines. */
export type Runtime = 'node' | 'python'

/** The images that generated Dockerfiles begin with; by digest as soon as a registry has told one. */
export const BASES: Readonly<Record<Runtime, string>> = {
  node: 'node:24-bookworm-slim',
  python: 'python:3.13-slim-bookworm',
}

/** Programs that come with a runtime. */
const PROGRAMS: readonly (readonly [RegExp, Runtime])[] = [
  [/^(?:node|npm|npx|yarn|pnpm)$|^(?:\.\/)?node_modules\//, 'node'],
  [/^(?:python3?|pip3?|uvicorn|gunicorn|flask|django-admin)$/, 'python'],
]

/**
 * The runtime of a service, by the program that it starts.
 * @throws Problem `image.no-base` for a program that none of them has
 */
export function runtimeOf(name: string, { run }: ResolvedService): Runtime {
  const program = run.kind === 'program' ? run.argv[0]! : run.kind
  const found = PROGRAMS.find(([pattern]) => pattern.test(program))
  if (found) return found[1]
  throw new Problem('image.no-base', `${name} starts '${program}', and no base image is known for that`, {
    hint: "Put a Dockerfile into the service's folder, or name an `image` by digest.",
  })
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

/** Without its tag; a colon before the last slash belongs to a registry's port. */
function repositoryOf(reference: string): string {
  const colon = reference.indexOf(':', reference.lastIndexOf('/') + 1)
  return colon === -1 ? reference : reference.slice(0, colon)
}
