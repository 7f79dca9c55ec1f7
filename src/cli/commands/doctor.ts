import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempDisposableSync } from 'node:fs'
import { createServer } from 'node:net'
import { relative, resolve, join } from 'node:path'
import { tmpdir } from 'node:os'
import { environmentNames, type CheckedConfig } from '../../config/check.ts'
import { notYetInEffect } from '../../config/not-yet.ts'
import type { ResolvedApp, ResolvedService } from '../../config/resolved.ts'
import { messageOf, Problem } from '../../core/problem.ts'
import { connectControl } from '../../control/api/client.ts'
import type { Status } from '../../control/api/contract.ts'
import { SQL } from '../../control/migrations/sql-files.ts'
import { socketPath } from '../../keeper/paths.ts'
import { environmentCommand, globalsOf, openProjectOf, type MakeCommand } from '../command.ts'
import { lookAtNeeds } from '../doctor-needs.ts'
import type { Finding } from '../hosted/hosted.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { EXIT, print, printJson, table } from '../output.ts'
import type { Project } from '../project.ts'
import { readSecrets, type SecretValues } from '../secret-values.ts'

const ROOT_NOTE = 'runs as root: the read-only files of a release are not protected from it'

export const doctorCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand('doctor', 'What this machine and this config have and lack. Touches nothing.')
    .option('--role', 'on Kubernetes: print the role that a deploy needs, for an administrator to apply')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy doctor production\n  seaworthy doctor production --role | kubectl apply -f -',
    )
    .action(async (environment: string | undefined, { role }: { role?: boolean }) => {
      const { json } = globalsOf(command)
      const project = await openProjectOf(command, environment)
      if (role) return print((await import('../kubernetes/role-text.ts')).roleText(project))
      // The key of fingerprints is written where the state folder is said to be: here nothing is.
      using scratch = mkdtempDisposableSync(join(tmpdir(), 'seaworthy-doctor-'))
      const read = (): SecretValues => readSecrets({ ...project, stateFolder: scratch.path })
      const hosted = await hostedOf(project)
      // Programs, needs and ports of this machine mean nothing to what runs in containers.
      const findings: readonly Finding[] = [
        ...lookAtMachine(),
        ...(hosted === null ? lookAtPrograms(project.app, process.env['PATH'] ?? '') : await hosted.doctor()),
        lookAtSecrets(read),
        ...lookAtSecretsFile(project),
        ...(hosted === null ? await lookAtNeeds(project, secretOf(read)) : []),
        ...lookAtStateFolder(project),
        ...(hosted === null ? [await lookAtPort(project.app, project.stateFolder)] : []),
        ...lookAtAlerts(project.app),
        ...lookAtConfig(project.checked),
      ]
      onExitCode(findings.some(({ level }) => level === 'missing') ? EXIT.failed : EXIT.done)
      if (json) return printJson(findings)
      const signs = { ok: '✓', missing: '✗', note: '·' }
      print(table(findings.map(({ level, what, detail }) => [signs[level], what, detail])))
    })
  return command
}

function lookAtMachine(): Finding[] {
  const isLinux = process.platform === 'linux' && existsSync('/proc/self/stat')
  return [
    { level: 'ok', what: 'Node', detail: `${process.version} at ${process.execPath}` },
    isLinux
      ? { level: 'ok', what: 'Linux', detail: '/proc is readable: processes can be told apart' }
      : { level: 'missing', what: 'Linux', detail: `target 'process' needs /proc; this is ${process.platform}` },
    ...(process.getuid?.() === 0 ? [{ level: 'note' as const, what: 'root', detail: ROOT_NOTE }] : []),
  ]
}

/** Alerts that nobody hears, and a control whose death nobody notices, are no alerts. */
function lookAtAlerts({ alerts }: ResolvedApp): Finding[] {
  const { channels = {}, pager = null, heartbeat = null } = alerts ?? {}
  const nobody = Object.keys(channels).length === 0 && pager === null
  return [
    ...(nobody ? [{ level: 'note' as const, what: 'alerts', detail: 'nobody is told: alerts.channels is empty' }] : []),
    ...(heartbeat === null
      ? [
          {
            level: 'note' as const,
            what: 'heartbeat',
            detail: 'nobody outside notices when control dies: name a URL in alerts.heartbeat',
          },
        ]
      : []),
  ]
}

/** The first word of each command must be found: better here than at the gate. */
function lookAtPrograms({ services }: ResolvedApp, path: string): Finding[] {
  const commands = Object.entries(services).flatMap(([name, { build, run, migrate }]) => [
    ...(build ? [{ name: `${name}: build`, argv: build }] : []),
    ...(run.kind === 'program' ? [{ name: `${name}: start`, argv: run.argv }] : []),
    ...programsOf(name, migrate),
  ])
  return commands.map(({ name, argv: [program = ''] }) => {
    if (program.includes('/')) return { level: 'note', what: name, detail: `${program} is looked up in the release` }
    const found = path.split(':').find((folder) => existsSync(`${folder}/${program}`))
    if (found === undefined) return { level: 'missing', what: name, detail: `${program} is not in PATH: install it` }
    const version =
      program === 'node' ? ` ${spawnSync(`${found}/${program}`, ['--version']).stdout.toString().trim()}` : ''
    return { level: 'ok', what: name, detail: `${found}/${program}${version}` }
  })
}

/** What an sql migration needs is a database, not a program. */
function programsOf(name: string, migrate: ResolvedService['migrate']) {
  return (['expand', 'contract'] as const).flatMap((phase) => {
    const argv = migrate[phase]
    return argv === null || argv[0] === SQL ? [] : [{ name: `${name}: migrate.${phase}`, argv }]
  })
}

function lookAtSecrets(read: () => { fingerprints: Readonly<Record<string, string>> }): Finding {
  try {
    const names = Object.keys(read().fingerprints)
    return {
      level: 'ok',
      what: 'secrets',
      detail:
        names.length === 0
          ? 'none declared'
          : `${names.join(', ')} ${names.length === 1 ? 'has a value' : 'have values'}`,
    }
  } catch (error) {
    const which = error instanceof Problem && error.details.length > 0 ? `: ${error.details.join(', ')}` : ''
    return { level: 'missing', what: 'secrets', detail: `${messageOf(error)}${which}` }
  }
}

/** One secret's value; null where any is missing: that is a finding of its own. */
function secretOf(read: () => SecretValues): (name: string) => string | null {
  return (name) => {
    try {
      return read().of([name])[name] ?? null
    } catch {
      return null
    }
  }
}

/** No release holds it; but whoever copies or serves the folder by other means does not know that. */
function lookAtSecretsFile({ app, folder, secretsFile }: Project): Finding[] {
  if (secretsFile === null) return []
  const file = resolve(folder, secretsFile)
  const around = Object.entries(app.services).filter(([, { path, build, run }]) => {
    const served = run.kind === 'static' && build === null ? run.folder : '.'
    return !relative(resolve(folder, path, served), file).startsWith('..')
  })
  if (around.length === 0) return []
  const names = around.map(([name]) => name).join(', ')
  const detail = `${file} lies in the folder of ${names}: it is kept out of releases, but safer elsewhere`
  return [{ level: 'note', what: 'secrets file', detail }]
}

/** What git has taken in stays in its history: the folder holds the values of secrets. */
function lookAtStateFolder({ folder, stateFolder }: Project): Finding[] {
  const { stdout } = spawnSync('git', ['-C', folder, 'ls-files', '--', stateFolder], { encoding: 'utf8' })
  if (!stdout) return []
  const cure = `\`git rm -r --cached ${stateFolder}\`, and change the secrets it held`
  return [{ level: 'missing', what: 'state folder', detail: `${stateFolder} is tracked by git: ${cure}` }]
}

async function lookAtPort({ gateway }: ResolvedApp, stateFolder: string): Promise<Finding> {
  const status = existsSync(stateFolder) ? await statusIn(stateFolder) : null
  if (status) return { level: 'ok', what: 'environment', detail: `up at ${status.url}` }
  const isFree = await new Promise<boolean>((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ port: gateway.http, host: '127.0.0.1' }, () => server.close(() => resolve(true)))
  })
  return isFree
    ? { level: 'ok', what: 'gateway', detail: `port ${gateway.http} is free; the environment is down` }
    : {
        level: 'missing',
        what: 'gateway',
        detail: `port ${gateway.http} is taken by another program: choose one in gateway.listen.http`,
      }
}

async function statusIn(stateFolder: string): Promise<Status | null> {
  const control = connectControl(socketPath(stateFolder, 'control'), { awayMs: 200 })
  const status = await control.call('status', {}).catch(() => null)
  control.close()
  return status
}

function lookAtConfig(checked: CheckedConfig): Finding[] {
  return [
    { level: 'ok', what: 'config', detail: `${checked.file}: environments ${environmentNames(checked).join(', ')}` },
    ...notYetInEffect(checked).map((detail) => ({ level: 'note' as const, what: 'accepted', detail })),
  ]
}
