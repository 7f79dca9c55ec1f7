import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { Problem } from '../../../core/problem.ts'
import type { Command } from '../command.ts'
import { runCommand, type RunOptions } from '../run-command.ts'
import { isHub } from './registry.ts'

/** With what docker logs in to a registry. */
export interface Login {
  /** As docker's own file calls the registry. */
  readonly server: string
  readonly user: string
  readonly password: string
}

const HELPER_MS = 30_000
/** Docker's own registry has another name in its file. */
const HUB = 'https://index.docker.io/v1/'
/** What helpers call a user whose secret is a token that docker alone can exchange. */
const TOKEN_USER = '<token>'

/** The fields that are read of docker's `config.json`. */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, { readonly auth?: string; readonly identitytoken?: string }>>
  readonly credsStore?: string
  readonly credHelpers?: Readonly<Record<string, string>>
}

/** Asks a credential helper, by the protocol of docker's own. What it answers is never shown. */
export function askHelper(helper: string, server: string): Command {
  return {
    argv: [`docker-credential-${helper}`, 'get'],
    stdin: Buffer.from(server),
    timeoutMs: HELPER_MS,
    because: `asks what docker logs in to ${server} with`,
  }
}

/**
 * User and password that docker has for a registry, from its file or from the helper that keeps them; null where it has none, or
 * a token that only docker itself can use.
 * @param server such as `registry.example.com:5000`
 * @throws Problem `target.tool-missing` where the helper that is named is not there, `target.tool-failed` where it answers
 * something else
 */
export async function loginOf(server: string, run: RunOptions): Promise<Login | null> {
  const { auths = {}, credsStore, credHelpers = {} } = configIn(run.env)
  const key = isHub(server) ? HUB : server
  const helper = credHelpers[key] ?? credsStore
  if (helper !== undefined && helper !== '') {
    const { code, stdout } = await runCommand(askHelper(helper, key), run)
    if (code === 0) {
      const answer = answerIn(stdout)
      if (answer === null) throw notAnswered(helper)
      const { Username: user, Secret: password } = answer
      return user === TOKEN_USER ? null : { server: key, user, password }
    }
  }
  // By its name, before what an older docker has left under its URL.
  const found = auths[key] ?? Object.entries(auths).find(([name]) => hostIn(name) === server)?.[1]
  if (found?.auth === undefined || found.auth === '' || found.identitytoken !== undefined) return null
  const text = Buffer.from(found.auth, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  return { server: key, user: text.slice(0, colon), password: text.slice(colon + 1) }
}

interface Answer {
  readonly Username: string
  readonly Secret: string
}

/** Null where it is none: whatever it is may hold a password, and an error of the parser's would quote it. */
function answerIn(text: string): Answer | null {
  try {
    const { Username, Secret } = JSON.parse(text) as Partial<Answer>
    return typeof Username === 'string' && typeof Secret === 'string' ? { Username, Secret } : null
  } catch {
    return null
  }
}

function notAnswered(helper: string): Problem {
  return new Problem(
    'target.tool-failed',
    `docker-credential-${helper} answered something else than a user and a secret`,
    {
      hint: 'Docker has named it as what keeps its logins (`credsStore` or `credHelpers` in its config.json). What it said is not shown: it may be a password.',
    },
  )
}

function configIn(env: RunOptions['env']): DockerConfig {
  const folder = env['DOCKER_CONFIG'] ?? join(env['HOME'] ?? homedir(), '.docker')
  try {
    return JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as DockerConfig
  } catch {
    // None, or one that docker itself will complain of.
    return {}
  }
}

/** Older files have whole URLs. */
function hostIn(name: string): string {
  return name.replace(/^https?:\/\//, '').split('/', 1)[0]!
}
