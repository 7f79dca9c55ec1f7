import { Command, CommanderError } from 'commander'
import { explainSystem } from '../core/system-problem.ts'
import { alertsCommand } from './commands/alerts/index.ts'
import { approveCommand } from './commands/approve.ts'
import { auditTrailCommand } from './commands/audit-trail.ts'
import { deployCommand } from './commands/deploy.ts'
import { doctorCommand } from './commands/doctor.ts'
import { execCommand } from './commands/exec.ts'
import { explainCommand } from './commands/explain.ts'
import { generateCommand } from './commands/generate.ts'
import { guardCommand } from './commands/guard/index.ts'
import { incidentsCommand } from './commands/incidents/index.ts'
import { loadCommand } from './commands/load.ts'
import { initCommand } from './commands/init.ts'
import { logsCommand } from './commands/logs.ts'
import { metricsCommand } from './commands/metrics.ts'
import { pauseCommand } from './commands/pause.ts'
import { migrateCommand } from './commands/migrate.ts'
import { planCommand } from './commands/plan.ts'
import { promisesCommand } from './commands/promises.ts'
import { restartCommand } from './commands/restart.ts'
import { resumeCommand } from './commands/resume.ts'
import { rollbackCommand } from './commands/rollback.ts'
import { scaleCommand } from './commands/scale.ts'
import { statusCommand } from './commands/status.ts'
import { stopCommand } from './commands/stop.ts'
import { tracesCommand } from './commands/traces.ts'
import { upCommand } from './commands/up.ts'
import { sayFor } from './command.ts'
import { EXIT, exitCodeOf, printError } from './output.ts'
import { version } from './version.ts'

/** The command line as it is: what `main` runs and the command reference is made of. */
export function makeProgram(onExitCode: (code: number) => void): Command {
  const program = new Command('seaworthy')
    .description('Takes a web service from demo to production, and proves it.')
    .version(version())
    // No defaults here: they would win over what was given after the command's name.
    .option('-c, --config <path>', 'the config file, or the folder that holds it')
    .option('--json', 'the same facts as JSON')
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
  const commands = [
    initCommand,
    upCommand,
    planCommand,
    approveCommand,
    deployCommand,
    rollbackCommand,
    migrateCommand,
    statusCommand,
    logsCommand,
    metricsCommand,
    tracesCommand,
    scaleCommand,
    execCommand,
    loadCommand,
    promisesCommand,
    explainCommand,
    restartCommand,
    pauseCommand,
    resumeCommand,
    stopCommand,
    alertsCommand,
    incidentsCommand,
    guardCommand,
    auditTrailCommand,
    generateCommand,
    doctorCommand,
  ]
  // What commander does only for commands it has made itself: without it a wrong option would end the process with 1.
  for (const make of commands) {
    const command = make(onExitCode).copyInheritedSettings(program)
    for (const below of command.commands) below.copyInheritedSettings(program)
    program.addCommand(command)
  }
  return program
}

/** The composition root: everything that is made, is made below here. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.done
  const program = makeProgram((result) => (code = result))
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (thrown) {
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.done : EXIT.usage
    const error = explainSystem(thrown)
    printError(error, argv.includes('--json'), sayFor(program))
    return exitCodeOf(error)
  }
}
