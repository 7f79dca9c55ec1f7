import type { ResolvedService } from '../../../config/resolved.ts'
import { megabytes } from '../../diagnosis/evidence.ts'
import type { Cause } from '../../target.ts'
import { lastWord } from '../exit.ts'
import type { Observed } from './observe.ts'

/** A shell's words for: it is there and cannot be run, it is not there. */
const NOT_RUNNABLE = 126
const NOT_FOUND = 127

export interface Sighted {
  readonly observed: Observed
  readonly service: ResolvedService
  readonly lastLines: readonly string[]
}

type Explain = (sighted: Sighted) => Cause | null

/** What the engine itself says of a container that does not become ready; null: it has to be asked from outside. */
export function causeOfContainer(sighted: Sighted): Cause | null {
  for (const explain of [portTaken, outOfMemory, notStarted, crashLoop]) {
    const cause = explain(sighted)
    if (cause !== null) return cause
  }
  return null
}

/** The last number before the engine's sentence is the port: `Bind for 127.0.0.1:8080 failed: …`. */
const portTaken: Explain = ({ observed: { error } }) => {
  if (!/port is already allocated|address already in use/i.test(error)) return null
  const port = /:(\d{1,5})(?!.*:\d)/.exec(error)?.[1]
  return {
    name: 'address-in-use',
    certainty: 'proven',
    text: `${port === undefined ? 'a port that it publishes' : `port ${port} of the host`} is in use`,
    basis: "the engine's answer to the start",
    cure: 'Stop what listens there, or have the gateway listen on another port: `gateway.listen`.',
  }
}

const outOfMemory: Explain = ({ observed, service }) => {
  if (!observed.isOutOfMemory) return null
  const limit = service.memoryBytesMax
  const more = limit === null ? '' : ` than the ${megabytes(limit)} of \`resources.memory\``
  return {
    name: 'out-of-memory',
    certainty: 'proven',
    text: `it used more memory${more}, and the kernel killed it${timesOf(observed)}`,
    basis: "the engine saw the kernel's kill in this container",
    cure: 'Give it more memory, or find out what it keeps.',
  }
}

/** Before the program: the engine names it. With an init in front the init says the same, by its exit code. */
const notStarted: Explain = ({ observed, service, lastLines }) => {
  const { exitCode, error, instance } = observed
  const isMissing = exitCode === NOT_FOUND
  if (error === '' && !isMissing && exitCode !== NOT_RUNNABLE) return null
  const program = service.run.kind === 'program' ? service.run.argv[0]! : null
  const what = program === null ? 'its command' : `'${program}'`
  return {
    name: 'not-started',
    certainty: error === '' ? 'likely' : 'proven',
    text: isMissing
      ? `there is no program ${what} in its image`
      : exitCode === NOT_RUNNABLE
        ? `${what} cannot be run in its image`
        : instance.lastExit!,
    basis: error === '' ? `it exited with ${exitCode}${lastWord(lastLines)}` : `the engine's answer: ${error}`,
    cure: isMissing ? 'Have the build put it there, or write its path in `start`.' : null,
  }
}

const crashLoop: Explain = ({ observed, lastLines }) => {
  const { instance, exitCode } = observed
  if (exitCode === null || instance.state === 'running' || instance.state === 'starting') return null
  return {
    name: exitCode === 0 ? 'ended-by-itself' : 'crash-loop',
    certainty: 'proven',
    text: `the program ${instance.lastExit}${timesOf(observed)}${lastWord(lastLines) || ', without a word'}`,
    basis: 'its exit status',
    cure:
      exitCode === 0
        ? 'A service stays in the foreground: keep it from becoming a daemon, or from having nothing to do.'
        : null,
  }
}

function timesOf({ instance }: Observed): string {
  const times = instance.restarts + (instance.pid === null ? 1 : 0)
  return times > 1 ? ` (${times} times)` : ''
}
