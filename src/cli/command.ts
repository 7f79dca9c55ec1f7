import { Command } from 'commander'
import { connectControl, type ControlClient } from '../control/api/client.ts'
import { socketPath } from '../keeper/paths.ts'
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
    .argument('[environment]', "the environment @default 'local', or the only one")
}

export function globalsOf(command: Command): GlobalOptions {
  const { config, json } = command.optsWithGlobals<{ config?: string; json?: boolean }>()
  return { config: config ?? '.', json: json ?? false }
}

/** The project and the control of its environment, which must be up. */
export async function openEnvironment(
  command: Command,
  environment: string | undefined,
  options: { awayMs?: number } = {},
): Promise<{ project: Project; control: ControlClient } & Disposable> {
  const project = await openProject(globalsOf(command).config, environment)
  const control = connectControl(socketPath(project.stateFolder, 'control'), { awayMs: options.awayMs ?? 5_000 })
  return { project, control, [Symbol.dispose]: () => control.close() }
}
