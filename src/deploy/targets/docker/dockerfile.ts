import type { ResolvedService } from '../../../config/resolved.ts'
import { SERVE } from '../image/places.ts'
import type { Runtime } from './base.ts'
import { ownFiles } from './own-files.ts'

/** The user of every generated image: a number, so that whoever starts it can tell that it is not root. */
export const USER_ID = 65_532
export const USER = `${USER_ID}:${USER_ID}`
/** Where our own few files are in it. */
export const OWN_FOLDER = '/seaworthy'

export interface DockerfileInput {
  readonly name: string
  readonly service: ResolvedService
  readonly runtime: Runtime
  /** By digest where a registry has told one. */
  readonly base: string
}

/**
 * The Dockerfile of a service. The builder before BuildKit reads it too; it needs no frontend image, and it holds nothing of a
 * release: port, variables, command and check come when a container is made.
 *
 * The context: `app/` (the service's files), `seaworthy/` (ours), `writable/` (an empty folder).
 */
export function dockerfileOf({ name, service, runtime, base }: DockerfileInput): string {
  const { build, env, writable } = service
  const { program, check } = ownFiles(runtime)
  return [
    `# Made by Seaworthy from services.${name} of the config.`,
    ...(build === null ? [] : buildStage(base, build, Object.keys(env))),
    `FROM ${base}`,
    'WORKDIR /app',
    build === null ? 'COPY app/ ./' : 'COPY --from=build /app ./',
    // A volume that is mounted there for the first time takes its owner from here.
    ...writable.map((folder) => `COPY --chown=${USER} ${words(['writable/', `./${plain(folder)}/`])}`),
    `COPY seaworthy/ ${OWN_FOLDER}/`,
    `USER ${USER}`,
    `HEALTHCHECK CMD ${words([program, `${OWN_FOLDER}/${check}`])}`,
    `ENTRYPOINT ${words(enterWords(runtime))}`,
    '',
  ].join('\n')
}

/** What reads the secrets and becomes the program that follows. */
export function enterWords(runtime: Runtime): readonly string[] {
  const { program, enter } = ownFiles(runtime)
  return [program, `${OWN_FOLDER}/${enter}`]
}

/** Where a static service's container has its files. */
export const FILES_FOLDER = '/srv/files'

export interface StaticDockerfileInput {
  readonly name: string
  readonly service: ResolvedService
  /** Below the service's folder. */
  readonly folder: string
  /** Seaworthy's own image: it has the gateway's way of serving files. */
  readonly own: string
  /** What its build runs on; null without a build. */
  readonly base: string | null
}

/**
 * The Dockerfile of a static service: its files as a layer on Seaworthy's own image. Under which routes they are is no part of
 * it, and comes with the container.
 *
 * The context is that of `dockerfileOf`.
 */
export function staticDockerfileOf({ name, service, folder, own, base }: StaticDockerfileInput): string {
  const { build, env } = service
  const path = ['', '.'].includes(plain(folder)) ? '' : `${plain(folder)}/`
  const isBuilt = build !== null && base !== null
  const from = isBuilt
    ? ['--from=build', words([`/app/${path}`, `${FILES_FOLDER}/`])]
    : [words([`app/${path}`, `${FILES_FOLDER}/`])]
  return [
    `# Made by Seaworthy from services.${name} of the config.`,
    ...(isBuilt ? buildStage(base, build, Object.keys(env)) : []),
    `FROM ${own}`,
    'WORKDIR /',
    // What a build left for its own user alone could not be read.
    `COPY --chown=${USER} ${from.join(' ')}`,
    `COPY seaworthy/ ${OWN_FOLDER}/`,
    `USER ${USER}`,
    `HEALTHCHECK CMD ${words(['node', `${OWN_FOLDER}/${ownFiles('node').check}`])}`,
    `ENTRYPOINT ${words(['node', SERVE, FILES_FOLDER])}`,
    '',
  ].join('\n')
}

/** Variables arrive as arguments of the build: their values need no quotes, and this stage alone has them. */
function buildStage(base: string, build: readonly string[], variables: readonly string[]): readonly string[] {
  return [
    `FROM ${base} AS build`,
    'WORKDIR /app',
    'COPY app/ ./',
    ...variables.map((variable) => `ARG ${variable}`),
    `RUN ${words(build)}`,
    '',
  ]
}

/**
 * What never becomes part of an image, even where the files of a service hold it. A build makes its own packages: those of
 * the machine may be for another system.
 */
export function dockerignoreOf({ build }: ResolvedService): string {
  const always = ['.git', '.hg', '.svn', '.seaworthy', '.env', '.env.*', '.netrc', '.ssh']
  const made = build === null ? [] : ['node_modules', '.venv', '__pycache__']
  return [...[...always, ...made].map((pattern) => `app/**/${pattern}`), '!app/**/.env.example', ''].join('\n')
}

/** Whether a file of a service may be in the context of its own Dockerfile: the same rule, for whoever copies. */
export function mayBeInImage(path: string): boolean {
  return !path.split('/').some((part) => NEVER.includes(part) || isSettings(part))
}

const NEVER: readonly string[] = ['.git', '.hg', '.svn', '.seaworthy', '.netrc', '.ssh']

function isSettings(part: string): boolean {
  return part === '.env' || (part.startsWith('.env.') && part !== '.env.example')
}

/** The exec form: no shell reads it. */
function words(list: readonly string[]): string {
  return `[${list.map((word) => JSON.stringify(word)).join(', ')}]`
}

function plain(folder: string): string {
  return folder.replace(/^\.\//, '').replace(/\/+$/, '')
}
