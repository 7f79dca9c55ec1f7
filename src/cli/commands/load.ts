import { Problem } from '../../core/problem.ts'
import { stepMsFor } from '../../load/capacity.ts'
import { findCapacity, type CapacityStep } from '../../load/find-capacity.ts'
import { CONNECTIONS_MAX, LAG_MS_MAX, TIMEOUT_MS, type LoadOptions } from '../../load/options.ts'
import { generateInOwnProcess } from '../../load/own-process.ts'
import { failedOf } from '../../load/result.ts'
import { saveCapacity } from '../capacity-file.ts'
import { environmentCommand, globalsOf, type MakeCommand } from '../command.ts'
import { limitsFor } from '../load-limits.ts'
import { readFlags, type LoadFlags, type ReadFlags } from '../load-options.ts'
import { findTarget, serviceOf, type LoadTarget } from '../load-target.ts'
import { describeLimits, describeLoad, describeOutcome, STEP_HEADS, stepLine } from '../load-text.ts'
import { EXIT, print, printJson } from '../output.ts'

export const loadCommand: MakeCommand = (onExitCode) => {
  const command = environmentCommand(
    'load',
    'Send requests by a schedule that no answer can change, and tell how long each took from when it was due.',
  )
    .option('-r, --rate <rate>', 'how many, for example 300/s', '50/s')
    .option('--for <time>', 'how long', '10s')
    .option('--request <request>', 'what is sent', 'GET /')
    .option('--header <header>', "'Name: value', as often as needed", collect, [])
    .option('--body <text>', 'its body; @file for the bytes of a file')
    .option('--expect <status>', 'the status that counts as good (default: any 2xx)')
    .option('--arrivals <kind>', "'constant', or 'poisson' for gaps like those of real callers", 'constant')
    .option('--seed <number>', 'of the poisson gaps', '1')
    .option('--connections <count>', 'requests that may be open at once', String(CONNECTIONS_MAX))
    .option('--timeout <time>', 'a request without an answer is given up', `${TIMEOUT_MS}ms`)
    .option('--lag <time>', 'own lag (p99) above which nothing is reported', `${LAG_MS_MAX}ms`)
    .option('--url <url>', 'another address; without --allow-remote only of this machine or of the environment')
    .option('--allow-remote', 'the owner of the address agrees')
    .option('--yes', 'the environment has a domain, and its users may feel it')
    .option('--capacity', 'find the highest rate that one instance carries within its latency promise')
    .option('--service <name>', 'with --capacity: whose instance (default: the only service with routes)')
    .option('--p95 <time>', 'with --capacity: the limit (default: what is promised for the route)')
    .option('--through-gateway', 'with --capacity: the whole environment instead of one instance')
    .option('--from <rate>', 'with --capacity: the first rate', '50/s')
    .option('--step <time>', 'with --capacity: how long each rate is tried (default: 5s, or 25 times the limit)')
    .addHelpText(
      'after',
      "\nExamples:\n  seaworthy load --rate 300/s --for 30s --request 'GET /api'\n  seaworthy load --request 'POST /api/orders' --header 'Content-Type: application/json' --body @order.json --expect 201\n  seaworthy load --capacity --service api --p95 200ms",
    )
    .action(async (environment: string | undefined, flags: LoadFlags) => {
      const read = readFlags(flags)
      const target = await findTarget(command, environment, flags)
      const stopped = new AbortController()
      const stop = (): void => stopped.abort(new Problem('load.interrupted', 'interrupted before its end'))
      process.once('SIGINT', stop)
      process.once('SIGTERM', stop)
      const run = { flags, read, target, json: globalsOf(command).json, signal: stopped.signal }
      onExitCode(flags.capacity ? await measureCapacity(run) : await sendLoad(run))
    })
  return command
}

interface Run {
  readonly flags: LoadFlags
  readonly read: ReadFlags
  readonly target: LoadTarget
  readonly json: boolean
  readonly signal: AbortSignal
}

async function sendLoad({ read, target, json, signal }: Run): Promise<number> {
  const result = await generateInOwnProcess(optionsFor(read, target), signal)
  if (json) printJson({ target: target.what, ...result, interrupted: signal.aborted })
  else print(describeLoad(target.what, result))
  return failedOf(result) === 0 && !signal.aborted ? EXIT.done : EXIT.failed
}

async function measureCapacity({ flags, read, target, json, signal }: Run): Promise<number> {
  const { project, instance } = target
  const service = project === null ? (flags.service ?? null) : serviceOf(flags, project)
  const options = optionsFor(read, target)
  const { method, path } = options.request
  const limits = limitsFor({
    checked: project?.checked ?? null,
    service,
    request: { method, host: read.authority, path },
    p95Ms: read.p95Ms,
  })
  const stepMs = read.stepMs ?? stepMsFor(limits)
  if (!json)
    print(`${target.what}: ${method} ${path}, ${stepMs / 1000} s a step, ${describeLimits(limits)}\n\n${STEP_HEADS}`)
  const onStep = (step: CapacityStep): void => {
    if (!json) print(stepLine(step))
  }
  const { firstPerSecond } = read
  const generate = generateInOwnProcess
  const capacity = await findCapacity({ options, limits, firstPerSecond, stepMs, generate, onStep, signal })
  const { outcome } = capacity
  const measured = { target: target.what, service, release: instance?.release ?? null, limits, ...capacity }
  const file =
    project === null ? null : saveCapacity(project.stateFolder, { ...measured, request: `${method} ${path}` })
  if (json) printJson({ ...measured, file })
  else print(`\n${describeOutcome(target.what, capacity, limits)}${file === null ? '' : `\nWritten to ${file}`}`)
  return outcome.kind === 'too-slow' ? EXIT.failed : EXIT.done
}

function optionsFor(read: ReadFlags, target: LoadTarget): LoadOptions {
  const { host, port } = target
  return {
    ...read.sending,
    host,
    port,
    authority: read.authority ?? target.authority,
    request: { ...read.request, path: target.path ?? read.request.path },
  }
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}
