import { existsSync } from 'node:fs'
import { Command } from 'commander'
import { connectControl, environmentDown, type ControlClient } from '../control/api/client.ts'
import { socketPath } from '../keeper/paths.ts'
import { nameEnvironment, type ActsOn } from './next-command.ts'
import { openProject, type Project } from './project.ts'

export type MakeCommand = (onExitCode: (code: number) => void) => Command

export interface GlobalOptions {
  readonly config: string
  readonly json: boolean
}

/** A command whose last argument names the environment; `--config` and `--json` work before and after its name. */
export function environmentCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
}

export function globalsOf(command: Command): GlobalOptions {
  const { config, json } = command.optsWithGlobals<{ config?: string; json?: boolean }>()
  return { config: config ?? '.', json: json ?? false }
}

const actsOn = new WeakMap<Command, ActsOn>()

/** The project that a command is about; whatever it tells then names the environment where it has to. */
export async function openProjectOf(
  command: Command,
  environment: string | undefined,
  options: { readsOnly?: boolean } = {},
): Promise<Project> {
  const project = await openProject(globalsOf(command).config, environment, options)
  actsOn.set(programOf(command), { name: project.app.environment, isDefault: project.isDefault })
  return project
}

/** Tells of commands to run next, with the environment that this one was for; as it is before the config was read. */
export function sayFor(command: Command): (text: string) => string {
  return (text) => nameEnvironment(text, actsOn.get(programOf(command)) ?? null)
}

function programOf(command: Command): Command {
  return command.parent === null ? command : programOf(command.parent)
}

/** The project and the control of its environment, which must be up. */
export async function openEnvironment(
  command: Command,
  environment: string | undefined,
  options: { awayMs?: number; readsOnly?: boolean } = {},
): Promise<{ project: Project; control: ControlClient } & Disposable> {
  const project = await openProjectOf(command, environment, options)
  if (!existsSync(project.stateFolder)) throw environmentDown(project.stateFolder)
  const control = connectControl(socketPath(project.stateFolder, 'control'), { awayMs: options.awayMs ?? 5_000 })
  return { project, control, [Symbol.dispose]: () => control.close() }
}
