import type { Listener, ProgramLook } from '../../diagnosis/evidence.ts'
import { parseTable } from '../process/listeners.ts'
import { mustRun, type RunOptions } from '../run-command.ts'
import type { Runtime } from './base.ts'
import { execIn, type Host } from './commands.ts'

/** A container that is too busy to answer this is looked at from outside alone. */
const LOOK_MS = 10_000
/** Linux counts processor time for its users in hundredths of a second, whatever its own clock does. */
const MS_PER_TICK = 10
/** What the service preloads is not to run here, nor to write between the lines. */
const PLAIN = { NODE_OPTIONS: '' }
/** Where the engine answers questions for names, in every container's own network. */
const NAMES_ADDRESS = '127.0.0.11'

/** Prints what the kernel says of the container's network and processes: it has a network and numbers of its own. */
const LOOKS: Readonly<Record<Runtime, readonly string[]>> = {
  node: [
    'node',
    '-e',
    `const { readdirSync, readFileSync } = require('node:fs')
const read = (path) => { try { return readFileSync(path, 'utf8') } catch { return '' } }
const stats = readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((name) => read('/proc/' + name + '/stat'))
process.stdout.write(JSON.stringify({ tables: [read('/proc/net/tcp'), read('/proc/net/tcp6')], stats }))`,
  ],
  python: [
    'python3',
    '-c',
    `import json, os
def read(path):
    try:
        with open(path) as file: return file.read()
    except OSError: return ''
stats = [read('/proc/' + name + '/stat') for name in os.listdir('/proc') if name.isdigit()]
print(json.dumps({'tables': [read('/proc/net/tcp'), read('/proc/net/tcp6')], 'stats': stats}))`,
  ],
}

export interface Inside {
  readonly listeners: readonly Listener[]
  /** The service's own process; null where it has none. */
  readonly program: ProgramLook | null
}

/** What only the inside of a running container shows; null where it cannot be looked at. */
export async function lookInside(
  host: Host,
  container: string,
  runtime: Runtime,
  run: RunOptions,
): Promise<Inside | null> {
  const command = execIn(host, container, insideWords(runtime), LOOK_MS, PLAIN)
  // One that hangs, has just ended or says something else as well tells nothing: the rest of what is known has to do.
  try {
    return insideOf(await mustRun(command, run))
  } catch {
    return null
  }
}

export function insideWords(runtime: Runtime): readonly string[] {
  return LOOKS[runtime]
}

/** @param leader number of the process whose child the program is: the init of a container */
export function insideOf(output: string, leader = 1): Inside {
  const { tables, stats } = JSON.parse(output) as {
    readonly tables: readonly string[]
    readonly stats: readonly string[]
  }
  const programs = stats.map(programOf).filter(({ parent }) => parent === leader)
  const [first] = programs
  return {
    listeners: tables.flatMap(parseTable).filter(({ address }) => address !== NAMES_ADDRESS),
    program: first === undefined ? null : { state: first.state, cpuMs: first.cpuMs },
  }
}

/** Fields 3, 4, 14 and 15 of /proc/PID/stat, counted behind the name, which may hold anything. */
function programOf(stat: string): ProgramLook & { readonly parent: number } {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  return { state: fields[0]!, parent: Number(fields[1]), cpuMs: ticks * MS_PER_TICK }
}
