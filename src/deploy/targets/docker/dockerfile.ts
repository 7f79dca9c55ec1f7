import type { ResolvedService } from '../../../config/resolved.ts'
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
  const { program, enter, check } = ownFiles(runtime)
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
    `ENTRYPOINT ${words([program, `${OWN_FOLDER}/${enter}`])}`,
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

/** The exec form: no shell reads it. */
function words(list: readonly string[]): string {
  return `[${list.map((word) => JSON.stringify(word)).join(', ')}]`
}

function plain(folder: string): string {
  return folder.replace(/^\.\//, '').replace(/\/+$/, '')
}
