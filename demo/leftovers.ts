import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const ATTEMPTS_MAX = 50
const PAUSE_MS = 100

/** Ends every process that runs in a folder or was started with it; says which there were. */
export async function endLeftovers(folder: string): Promise<readonly string[]> {
  const ended = new Set<string>()
  for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
    const left = processesOf(folder)
    if (left.length === 0) return [...ended]
    // What is just ending by itself is given a moment before it counts.
    if (attempt > ATTEMPTS_MAX / 5) {
      for (const { pid, command } of left) {
        ended.add(`${pid} ${command}`)
        process.kill(pid, 'SIGKILL')
      }
    }
    await sleep(PAUSE_MS)
  }
  return [...ended]
}

function processesOf(folder: string): readonly { readonly pid: number; readonly command: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((name) => {
      try {
        const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
        const isOurs = command.includes(folder) || `${readlinkSync(`/proc/${name}/cwd`)}/`.startsWith(`${folder}/`)
        return command !== '' && isOurs ? [{ pid: Number(name), command }] : []
      } catch {
        return []
      }
    })
}
