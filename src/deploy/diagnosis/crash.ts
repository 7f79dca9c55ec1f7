import { describeHolder, hasEnded, megabytes, ownOnPort, type Evidence, type Explain } from './evidence.ts'

/** The kernel kills and control counts at different moments: this far apart they are taken for one. */
const SAME_KILL_MS = 3_000
const HEAP = /JavaScript heap out of memory|Reached heap limit Allocation failed/
const OTHER_MEMORY =
  /^MemoryError\b|java\.lang\.OutOfMemoryError|fatal error: (?:runtime: )?out of memory|cannot allocate memory|std::bad_alloc|failed to allocate memory \(NoMemoryError\)|Allowed memory size of \d+ bytes exhausted/m
const IN_USE =
  /EADDRINUSE|address already in use|Only one usage of each socket address|port (?:\d+ )?is already in use/i
const NO_MODULE =
  /(?:MODULE_NOT_FOUND|ERR_MODULE_NOT_FOUND|ModuleNotFoundError|Cannot find (?:module|package)|No module named|cannot load such file)/
/** Words after which the name of the module follows. */
const MODULE_NAME = /(?:Cannot find (?:module|package)|No module named|cannot load such file --) ['"]?([\w@./-]+)/

/** Killed by Seaworthy for using more than it may. */
export const overMemoryLimit: Explain = (evidence) => {
  const killed = evidence.examination.memory?.killed
  if (!hasEnded(evidence) || !killed || !isRecent(evidence, killed.at)) return null
  const used = `${megabytes(killed.usedBytes)}, more than the ${megabytes(killed.limitBytes)} of \`resources.memory\``
  return {
    name: 'out-of-memory',
    certainty: 'proven',
    text: `it used ${used}, and was killed${timesOf(evidence)}`,
    basis: 'Seaworthy measured its processes and killed them',
    cure: 'Give it more memory, or find out what it keeps.',
  }
}

/** Runtimes that end by themselves when their memory is used up. */
export const heapFull: Explain = (evidence) => {
  const text = evidence.lastLines.join('\n')
  const isHeap = HEAP.test(text)
  if (!hasEnded(evidence) || !(isHeap || OTHER_MEMORY.test(text))) return null
  const isAbort = /SIGABRT|with 134\b/.test(evidence.instance.lastExit!)
  return {
    name: 'out-of-memory',
    certainty: isHeap && isAbort ? 'proven' : 'likely',
    text: `it ran out of memory${isHeap ? " (Node's own heap limit)" : ''}: the program ${evidence.instance.lastExit}${timesOf(evidence)}`,
    basis: isHeap && isAbort ? 'V8 said so and aborted' : 'its last lines say so',
    cure: isHeap
      ? 'Find out what it keeps, or raise --max-old-space-size.'
      : 'Give it more memory, or find out what it keeps.',
  }
}

/** The kernel sends SIGKILL when the machine, or a limit above us, has no memory left. A shell between turns it into 137. */
export const killedByKernel: Explain = (evidence) => {
  const { instance, examination } = evidence
  if (!hasEnded(evidence) || !/SIGKILL|with 137\b/.test(instance.lastExit!)) return null
  const { kernelKilledAt, endedAt } = examination
  if (kernelKilledAt === null || endedAt === null || Math.abs(kernelKilledAt - endedAt) > SAME_KILL_MS) return null
  return {
    name: 'out-of-memory',
    certainty: 'likely',
    text: `the kernel killed it because memory ran out: the program ${instance.lastExit}${timesOf(evidence)}`,
    basis: "not Seaworthy's kill, and the kernel's count of out-of-memory kills on this machine rose at that moment",
    cure: 'Give the machine more memory, or the service a bound with `resources.memory`.',
  }
}

export const notStarted: Explain = (evidence) => {
  const { instance, service } = evidence
  if (!hasEnded(evidence) || !instance.lastExit!.startsWith('could not be started')) return null
  const program = service.run.kind === 'program' ? service.run.argv[0]! : instance.service
  const missing = /ENOENT/.test(instance.lastExit!)
  return {
    name: 'not-started',
    certainty: 'proven',
    text: missing ? `there is no program '${program}' to start` : `the program ${instance.lastExit}`,
    basis: `the kernel's answer to the start: ${/\b(E[A-Z]{3,})\b/.exec(instance.lastExit!)?.[1] ?? instance.lastExit}`,
    cure: missing ? 'Install it, or write its path in `start`; the PATH is that of `seaworthy up`.' : null,
  }
}

/** The port that a program says it cannot have; null when the lines name none. */
export function portInUse(lastLines: readonly string[]): number | null {
  for (const line of lastLines.toReversed()) {
    if (!IN_USE.test(line)) continue
    const port = /(?:[\]\w.*]+|:|\))?:(\d{2,5})\b|\bport[ :='"]+(\d{2,5})\b|, (\d{2,5})\)/i.exec(line)
    const number = Number(port?.[1] ?? port?.[2] ?? port?.[3])
    if (number > 0 && number < 65_536) return number
  }
  return null
}

/** Also while it runs: some programs say it and stay, listening on nothing. */
export const addressInUse: Explain = (evidence) => {
  const { instance, lastLines, holders } = evidence
  if (!lastLines.some((line) => IN_USE.test(line))) return null
  if (!hasEnded(evidence) && ownOnPort(evidence).length > 0) return null
  const port = portInUse(lastLines)
  const holder = holders.find((one) => one.port === port)
  const wanted = port === null ? 'the port it wants' : `port ${port}`
  const instead = port === null || port === instance.port ? '' : `; its own is $PORT (${instance.port ?? 'none'})`
  return {
    name: 'address-in-use',
    certainty: holder === undefined ? 'likely' : 'proven',
    text: `${wanted} is in use${holder ? ` by ${describeHolder(holder)}` : ''}${instead}`,
    basis: holder ? "its last lines, and the kernel's table of listening sockets" : 'its last lines say so',
    cure: 'Let it listen on $PORT alone: two releases run side by side while one takes over from the other.',
  }
}

export const moduleMissing: Explain = (evidence) => {
  const line = evidence.lastLines.find((text) => NO_MODULE.test(text))
  if (!hasEnded(evidence) || line === undefined) return null
  const name = evidence.lastLines.map((text) => MODULE_NAME.exec(text)?.[1]).find((found) => found !== undefined)
  return {
    name: 'module-missing',
    certainty: 'likely',
    text: `a module is missing${name ? `: ${name}` : ''}; does the build install it?`,
    basis: `its last lines say so, and the program ${evidence.instance.lastExit}`,
    cure: 'Install it in `build`, or have it in the folder of the service.',
  }
}

/** Whatever else ended it. That it ends is a fact; why is in its lines. */
export const crashLoop: Explain = (evidence) => {
  const { instance, lastLines } = evidence
  if (!hasEnded(evidence)) return null
  const last = lastLines.findLast((line) => /error|exception|panic|fatal|cannot|failed/i.test(line)) ?? lastLines.at(-1)
  const byItself = instance.lastExit === 'exited with 0'
  return {
    name: byItself ? 'ended-by-itself' : 'crash-loop',
    certainty: 'proven',
    text: `the program ${instance.lastExit}${timesOf(evidence)}${last === undefined ? ', without a word' : `: ${last.trim().slice(0, 200)}`}`,
    basis: 'its exit status',
    cure: byItself
      ? 'A service stays in the foreground: keep it from becoming a daemon, or from having nothing to do.'
      : null,
  }
}

function timesOf({ instance }: Evidence): string {
  const times = instance.restarts + (instance.pid === null ? 1 : 0)
  return times > 1 ? ` (${times} times)` : ''
}

function isRecent({ at, seen }: Evidence, when: number): boolean {
  return at - when <= seen.waitedMs + SAME_KILL_MS
}
