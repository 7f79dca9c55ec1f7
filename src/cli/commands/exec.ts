import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { Command } from 'commander'
import { Problem } from '../../core/problem.ts'
import { openEnvironment, type MakeCommand } from '../command.ts'
import { hostedOf } from '../hosted/hosted-of.ts'
import { whoAmI } from '../lease.ts'
import { printError } from '../output.ts'

/** What shells answer for a command that is not there, and for one that cannot be run. */
const NOT_FOUND = 127
const NOT_RUNNABLE = 126
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
/** A terminal sends these to everything that runs in it: passed on, they would arrive twice. */
const FROM_TERMINAL: readonly NodeJS.Signals[] = ['SIGINT', 'SIGQUIT', 'SIGHUP']

export const execCommand: MakeCommand = (onExitCode) => {
  const command = new Command('exec')
    .description("Run a one-off command in a release's folder, with all that its service gets: env, secrets, needs.")
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--release <id>', 'its id or number (default: the live one)')
    .argument('<service>', 'whose folder and environment it gets')
    .argument('[environment]', "the environment (default: 'local', or the only one)")
    .argument('[command...]', 'after --; no shell runs: `sh -c` is one')
    .addHelpText(
      'after',
      '\nExamples:\n  seaworthy exec api -- node scripts/report.ts --since 7d\n  seaworthy exec api production -- python manage.py shell',
    )
    .action(async () => {
      const { service, environment, argv } = readWords(command)
      const { release } = command.opts<{ release?: string }>()
      const { words, env, cwd } = await prepare(command, { service, environment, argv, release })
      onExitCode(await run(words, cwd, env))
    })
  return command
}

interface Words {
  readonly service: string
  readonly environment: string | undefined
  readonly argv: readonly [string, ...string[]]
}

/** What stands behind `--` is the command's, whatever it looks like: commander does not tell where it stood. */
function readWords(command: Command): Words {
  const { args } = command
  const given = (command.parent as unknown as { readonly rawArgs: readonly string[] }).rawArgs
  const at = given.indexOf('--')
  const length = at < 0 ? 0 : given.length - at - 1
  const [service, environment, ...more] = args.slice(0, args.length - length)
  const [program, ...rest] = args.slice(args.length - length)
  if (service === undefined || length === 0 || program === undefined || more.length > 0)
    throw new Problem('cli.usage', 'write the command behind `--`: seaworthy exec api -- node script.js')
  return { service, environment, argv: [program, ...rest] }
}

async function prepare(
  command: Command,
  { service, environment, argv, release }: Words & { release?: string | undefined },
) {
  using opened = await openEnvironment(command, environment, { awayMs: 1_000 })
  const { project, control } = opened
  const hosted = await hostedOf(project)
  // Elsewhere control does not know the secrets that its words may hold.
  const told = hosted === null ? argv : argv.slice(0, 1)
  const context = await control.call('exec.prepare', { service, release: release ?? null, argv: told, by: whoAmI() })
  if (hosted === null) return { words: argv, ...context }
  const { release: of } = await control.call('release.get', { release: context.release })
  const declared = of?.config.services[service]
  const words = await hosted.exec({ service, release: context.release, declared, argv })
  return { words, cwd: process.cwd(), env: process.env }
}

/** Runs it on our own terminal, hands signals on, and returns the code that a shell would. */
function run(
  argv: readonly [string, ...string[]],
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = spawn(argv[0], argv.slice(1), { cwd, env: { ...terminal(), ...env }, stdio: 'inherit' })
  const heard = SIGNALS.map((signal) => {
    const onSignal = (): void => {
      if (!(process.stdin.isTTY && FROM_TERMINAL.includes(signal))) child.kill(signal)
    }
    process.on(signal, onSignal)
    return [signal, onSignal] as const
  })
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      printError(notStarted(argv[0], error), false)
      resolve(error.code === 'ENOENT' ? NOT_FOUND : NOT_RUNNABLE)
    })
    child.once('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal!]))
  })
  return ended.finally(() => {
    for (const [signal, onSignal] of heard) process.off(signal, onSignal)
  })
}

/** What a program needs to draw on this terminal; nothing else of ours reaches it. */
function terminal(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    ['TERM', 'COLORTERM', 'TZ'].flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])),
  )
}

function notStarted(program: string, error: NodeJS.ErrnoException): Problem {
  if (error.code !== 'ENOENT')
    return new Problem('exec.not-started', `${program} cannot be run: ${error.message}`, {
      hint: 'Make it executable (`chmod +x`) and deploy, or name its interpreter: `-- sh script.sh`.',
    })
  return new Problem('exec.not-found', `there is no program ${program}`, {
    hint: "Programs are looked up in the PATH of the environment's start, and in the service's folder with ./ before them.",
  })
}
