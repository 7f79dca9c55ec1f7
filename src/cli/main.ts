import { Command, CommanderError } from 'commander'
import { explainSystem } from '../core/system-problem.ts'
import { sayFor, type MakeCommand } from './command.ts'
import { SeveralHosts } from './hosts/several-hosts.ts'
import { EXIT, exitCodeOf, printError } from './output.ts'
import { version } from './version.ts'

/** Every command, in the order of the help. Only the one that is asked for is loaded: all of them take 170 ms of CPU more. */
const COMMANDS: Readonly<Record<string, () => Promise<MakeCommand>>> = {
  init: async () => (await import('./commands/init.ts')).initCommand,
  up: async () => (await import('./commands/up.ts')).upCommand,
  plan: async () => (await import('./commands/plan.ts')).planCommand,
  approve: async () => (await import('./commands/approve.ts')).approveCommand,
  deploy: async () => (await import('./commands/deploy.ts')).deployCommand,
  promote: async () => (await import('./commands/promote.ts')).promoteCommand,
  rollback: async () => (await import('./commands/rollback.ts')).rollbackCommand,
  migrate: async () => (await import('./commands/migrate.ts')).migrateCommand,
  status: async () => (await import('./commands/status.ts')).statusCommand,
  logs: async () => (await import('./commands/logs.ts')).logsCommand,
  metrics: async () => (await import('./commands/metrics.ts')).metricsCommand,
  traces: async () => (await import('./commands/traces.ts')).tracesCommand,
  scale: async () => (await import('./commands/scale.ts')).scaleCommand,
  secrets: async () => (await import('./commands/secrets/index.ts')).secretsCommand,
  exec: async () => (await import('./commands/exec.ts')).execCommand,
  load: async () => (await import('./commands/load.ts')).loadCommand,
  promises: async () => (await import('./commands/promises.ts')).promisesCommand,
  explain: async () => (await import('./commands/explain.ts')).explainCommand,
  restart: async () => (await import('./commands/restart.ts')).restartCommand,
  pause: async () => (await import('./commands/pause.ts')).pauseCommand,
  resume: async () => (await import('./commands/resume.ts')).resumeCommand,
  stop: async () => (await import('./commands/stop.ts')).stopCommand,
  alerts: async () => (await import('./commands/alerts/index.ts')).alertsCommand,
  incidents: async () => (await import('./commands/incidents/index.ts')).incidentsCommand,
  guard: async () => (await import('./commands/guard/index.ts')).guardCommand,
  'audit-trail': async () => (await import('./commands/audit-trail.ts')).auditTrailCommand,
  generate: async () => (await import('./commands/generate.ts')).generateCommand,
  image: async () => (await import('./commands/image.ts')).imageCommand,
  doctor: async () => (await import('./commands/doctor.ts')).doctorCommand,
}

/**
 * The command line as it is: what `main` runs and the command reference is made of.
 * @param only the one command that is asked for @default every command
 */
export async function makeProgram(onExitCode: (code: number) => void, only?: string): Promise<Command> {
  const program = new Command('seaworthy')
    .description('Takes a web service from demo to production, and proves it.')
    .version(version())
    // No defaults here: they would win over what was given after the command's name.
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
    .option('--host <host>', 'one of the hosts of the environment, where it has several')
    .enablePositionalOptions()
    .exitOverride()
    .showHelpAfterError('(run with --help for the options)')
    .addHelpText(
      'after',
      `
Exit codes: 0 done, 1 failed, 2 usage or config, 3 the world moved since the plan, 4 a promise is broken or cannot be kept.

First steps:
  seaworthy init            look at this project and write a first config
  seaworthy doctor          what this machine and this config have and lack
  seaworthy up              run the environment 'local', first deploy included
  seaworthy deploy          ship what the folder holds now, under traffic
  seaworthy rollback        go back`,
    )
  // What commander does only for commands it has made itself: without it a wrong option would end the process with 1.
  const loaders = only === undefined ? Object.values(COMMANDS) : [COMMANDS[only]!]
  for (const make of await Promise.all(loaders.map((load) => load()))) {
    const command = make(onExitCode).copyInheritedSettings(program)
    for (const below of command.commands) below.copyInheritedSettings(program)
    program.addCommand(command)
  }
  return program
}

/** The composition root: everything that is made, is made below here. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.done
  // Behind an option the first word may be its value: then all are loaded, and commander says which it is.
  const [first = ''] = argv
  const program = await makeProgram((result) => (code = result), Object.hasOwn(COMMANDS, first) ? first : undefined)
  let acts: Command | null = null
  program.hook('preAction', (_, action) => void (acts = action))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage
    const error = thrown instanceof SeveralHosts ? await forEachHost(thrown, acts!, argv) : explainSystem(thrown)
    if (typeof error === 'number') return error
    printError(error, argv.includes('--json'), sayFor(program))
    return exitCodeOf(error)
  }
}

/** Runs the command for each host of its environment. Returns the exit code, or why it cannot be. */
async function forEachHost(several: SeveralHosts, acts: Command, argv: readonly string[]): Promise<unknown> {
  const { howFor } = await import('./hosts/how.ts')
  const { runFor } = await import('./hosts/run.ts')
  const names = [acts.name(), acts.parent?.parent ? acts.parent.name() : ''].filter((name) => name !== '').toReversed()
  const options = acts.optsWithGlobals<Record<string, unknown>>()
  try {
    const json = options['json'] === true
    return await runFor(howFor(names.join(' '), options, several), { argv, hosts: several.hosts, json })
  } catch (error) {
    return explainSystem(error)
  }
}
