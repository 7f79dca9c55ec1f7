import { Command } from 'commander'
import { connectControl, type ControlClient } from '../control/api/client.ts'
import { HOST_VARIABLE } from './hosts/several-hosts.ts'
import { nameEnvironment, type ActsOn } from './next-command.ts'
import { openProject, type Project } from './project.ts'
import { wayTo, type Way } from './way.ts'

export type MakeCommand = (onExitCode: (code: number) => void) => Command

export interface GlobalOptions {
  readonly config: string
  readonly json: boolean
  /** One of the hosts of the environment. */
  readonly host: string | undefined
}

/** A command whose last argument names the environment; `--config` and `--json` work before and after its name. */
export function environmentCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .option('--host <host>', 'one of the hosts of the environment, where it has several')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
}

export function globalsOf(command: Command): GlobalOptions {
  const { config, json, host } = command.optsWithGlobals<{ config?: string; json?: boolean; host?: string }>()
  return { config: config ?? '.', json: json ?? false, host: host ?? process.env[HOST_VARIABLE] }
}

const actsOn = new WeakMap<Command, ActsOn>()

/** The project that a command is about; whatever it tells then names the environment where it has to. */
export async function openProjectOf(
  command: Command,
  environment: string | undefined,
  options: { readsOnly?: boolean } = {},
): Promise<Project> {
  const { config, host } = globalsOf(command)
  const project = await openProject(config, environment, { ...options, host })
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
): Promise<{ project: Project; control: ControlClient; way: Way } & Disposable> {
  const project = await openProjectOf(command, environment, options)
  const way = await wayTo(project)
  const control = connectControl(way.to, { awayMs: options.awayMs ?? 5_000 })
  const dispose = (): void => {
    control.close()
    way[Symbol.dispose]()
  }
  return { project, control, way, [Symbol.dispose]: dispose }
}
