import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { writeEnvironment } from '../control/environment.ts'
import { Problem } from '../core/problem.ts'
import { environmentOf } from './bring-up.ts'
import { nameOf } from './login-name.ts'
import { EXIT, print, printJson } from './output.ts'
import type { Project } from './project.ts'
import { unitName, unitText, type ServiceUnit } from './service-unit.ts'

/** There exactly when systemd runs this machine: sd_booted(3). */
const SYSTEMD_RUNS = '/run/systemd/system'
/** What the unit and the command line have to agree on, where it is set. */
const SHARED = ['PATH', 'LANG', 'TMPDIR']

/** Writes the unit, checks it, and starts it where systemd runs; elsewhere it says what is left to do. Returns the exit code. */
export async function installService(project: Project, json: boolean): Promise<number> {
  const { stateFolder } = project
  const { name, text, isSystem } = unitFor(project)
  // It is all that the service knows of the config.
  writeEnvironment(stateFolder, environmentOf(project))
  const folder = unitFolder(isSystem)
  const file = join(folder, name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, text, { mode: 0o644 })
  const verified = verifyUnit(file, isSystem)
  const commands = startCommands(name, isSystem)
  const isRunning = existsSync(SYSTEMD_RUNS)
  if (isRunning) for (const command of commands) mustRun(command)
  const left = isRunning ? [] : commands.map((command) => command.join(' '))
  if (json) printJson({ file, verified, started: isRunning, left })
  else {
    print(
      `${file} is written${verified ? '; systemd-analyze finds nothing wrong with it' : ' (systemd-analyze is not here to check it)'}`,
    )
    if (isRunning) print(`${name} is enabled and started`)
    else
      print(['systemd does not run this machine: that it starts is not verified. Where it does:', ...left].join('\n  '))
    if (!isSystem) print("A user's services start at boot after `loginctl enable-linger`, else at the first login.")
  }
  return EXIT.done
}

/** The unit as `installService` would write it; writes nothing. */
export function showUnit(project: Project, json: boolean): void {
  const { name, text } = unitFor(project)
  if (json) printJson({ name, text })
  else process.stdout.write(text)
}

function unitFor(project: Project) {
  const { app } = project
  const isSystem = process.getuid?.() === 0
  return { name: unitName(app.name, app.environment), text: unitText(unitOf(project, isSystem)), isSystem }
}

function unitOf({ app, stateFolder }: Project, isSystem: boolean): ServiceUnit {
  // A folder that is not there yet will be ours.
  const uid = statSync(stateFolder, { throwIfNoEntry: false })?.uid ?? process.getuid!()
  const entry = passwdEntry(uid)
  const shared = SHARED.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))
  return {
    app: app.name,
    environment: app.environment,
    isSystem,
    // Instances must not get more rights, and files no other owner, than under the hand that began it.
    user: isSystem && uid !== 0 ? (entry?.name ?? String(uid)) : null,
    stateFolder,
    node: process.execPath,
    cli: join(import.meta.dirname, '..', '..', 'bin', 'seaworthy.js'),
    env: { ...(Object.fromEntries(shared) as Record<string, string>), HOME: entry?.home ?? homedir() },
  }
}

function passwdEntry(uid: number): { readonly name: string; readonly home: string } | null {
  const passwd = readFileSync('/etc/passwd', 'utf8')
  const name = nameOf(uid, passwd)
  const home = passwd
    .split('\n')
    .find((line) => line.startsWith(`${name}:`))
    ?.split(':')[5]
  return name === undefined || !home ? null : { name, home }
}

function unitFolder(isSystem: boolean): string {
  if (isSystem) return '/etc/systemd/system'
  return join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'systemd', 'user')
}

function startCommands(name: string, isSystem: boolean): readonly (readonly string[])[] {
  const systemctl = ['systemctl', ...(isSystem ? [] : ['--user'])]
  return [
    [...systemctl, 'daemon-reload'],
    [...systemctl, 'enable', '--now', name],
  ]
}

/** False where there is no systemd-analyze. @throws Problem `unit.invalid` */
function verifyUnit(file: string, isSystem: boolean): boolean {
  const { error, status, stderr } = spawnSync('systemd-analyze', [isSystem ? '--system' : '--user', 'verify', file], {
    encoding: 'utf8',
  })
  if (error !== undefined) return false
  const lines = stderr.split('\n').filter((line) => line.includes(file) || line.includes('rror'))
  if (status === 0 && lines.length === 0) return true
  throw new Problem('unit.invalid', `systemd-analyze does not accept ${file}`, {
    hint: 'Nothing was started. Look at the lines above, and report it.',
    details: stderr.trim().split('\n'),
  })
}

function mustRun([program, ...args]: readonly string[]): void {
  const { status, stderr, error } = spawnSync(program!, args, { encoding: 'utf8' })
  if (status === 0) return
  throw new Problem('unit.not-started', `${[program, ...args].join(' ')} failed`, {
    hint: 'The unit is written. Mend what it says, and run the command again.',
    details: (error?.message ?? stderr).trim().split('\n'),
  })
}
