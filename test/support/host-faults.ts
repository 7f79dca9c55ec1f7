/**
 * Faults of a whole machine, each real and each over when it is disposed of. Only root can make most of them, and no other
 * test runs beside them.
 */
import { spawn, spawnSync, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeSmallDisk } from './small-disk.ts'

/** Whoever started a fault may be killed: nothing of it goes on for longer than this. */
const SECONDS_MAX = 420

export interface Fault {
  end(): Promise<void>
}

/** Every core has four that want it. They give way to whoever else wants it, and count all the same. */
export function burnCpu(): Fault {
  const burners = Array.from({ length: cpus().length * 4 }, () =>
    bounded(['nice', '-n', '19', process.execPath, '-e', 'for(;;);']),
  )
  return { end: async () => void (await Promise.all(burners.map(ended))) }
}

/** Opens files until this share of all that the machine may open is open. */
export async function openFiles(share: number): Promise<Fault> {
  const [open, , most] = readFileSync('/proc/sys/fs/file-nr', 'utf8').trim().split(/\s+/).map(Number)
  const wanted = Math.ceil(most! * share) - open!
  // A quarter of a KiB of the kernel's memory each.
  if (wanted > 20_000_000) throw new Error(`the machine may open ${most} files: that many take too much memory`)
  // Each opens as many as it may, says so, and stays until the pipe that all of them read has no writer left.
  const script = `import os, resource
each = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 100
resource.setrlimit(resource.RLIMIT_NOFILE, (each + 100, each + 100))
until_read, until_write = os.pipe()
said_read, said_write = os.pipe()
left, children = ${wanted}, 0
while left > 0:
    if os.fork() == 0:
        os.close(until_write)
        for _ in range(min(left, each)): os.open('/dev/null', os.O_RDONLY)
        os.write(said_write, b'.')
        os.read(until_read, 1)
        os._exit(0)
    left, children = left - each, children + 1
os.close(said_write)
while children > 0: children -= len(os.read(said_read, children))
print('ready', flush=True)
os.read(until_read, 1)`
  const opener = await ready(bounded(['python3', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] }))
  return { end: () => ended(opener) }
}

/** Takes memory until no more than this share of it is available. */
export async function takeMemory(available: number): Promise<Fault> {
  const bytes = (key: string): number =>
    Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/meminfo', 'utf8'))![1]) * 1024
  const taken = Math.floor(bytes('MemAvailable') - bytes('MemTotal') * available)
  // What a tmpfs holds is memory that nothing can take back.
  const disk = makeSmallDisk(Math.ceil(taken / 2 ** 20) + 16)!
  const file = openSync(join(disk.folder, 'taken'), 'w')
  const { status } = spawnSync('head', ['-c', String(taken), '/dev/zero'], { stdio: ['ignore', file, 'inherit'] })
  closeSync(file)
  const end = async (): Promise<void> => disk[Symbol.dispose]()
  if (status === 0) return { end }
  await end()
  throw new Error('the memory could not be taken')
}

/** A swap of 64 MiB, half of it in use; null where the file system of temporary files holds none. */
export async function useSwap(): Promise<Fault | null> {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-swap-'))
  const file = join(folder, 'swap')
  writeFileSync(file, Buffer.alloc(64 * 2 ** 20), { mode: 0o600 })
  const isOn = ['mkswap', 'swapon'].every((command) => spawnSync(command, [file], { stdio: 'ignore' }).status === 0)
  if (!isOn) {
    rmSync(folder, { recursive: true })
    return null
  }
  // 21 is MADV_PAGEOUT: the kernel writes these pages out at once.
  const script = `import mmap, time
held = mmap.mmap(-1, 32 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
for at in range(0, len(held), 4096): held[at] = 1 + at % 251
held.madvise(21)
print('ready', flush=True)
time.sleep(${SECONDS_MAX})`
  const holder = await ready(bounded(['python3', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] }))
  return {
    end: async () => {
      await ended(holder)
      spawnSync('swapoff', [file])
      rmSync(folder, { recursive: true })
    },
  }
}

/** A device that loses whatever is sent through it. */
export interface BadDevice {
  readonly name: string
  /** Sends fifty packets a second into it. */
  send(): Fault
  remove(): void
}

/** The other end takes packets of 576 bytes, this end sends longer ones: they are dropped. */
export function droppingDevice(): BadDevice {
  const [name, other] = names()
  return badDevice(name, `198.18.${some()}`, [
    ['link', 'add', name, 'type', 'veth', 'peer', 'name', other],
    ['link', 'set', other, 'mtu', '576', 'up'],
  ])
}

/** A tunnel to where no route leads: its packets are errors. */
export function failingDevice(): BadDevice {
  const [name] = names()
  const net = `198.19.${some()}`
  const far = '198.19.255.1'
  return badDevice(
    name,
    net,
    [
      ['route', 'replace', 'unreachable', far],
      ['link', 'add', name, 'type', 'vxlan', 'id', String(1 + random(2 ** 24 - 1)), 'remote', far, 'dstport', '4789'],
    ],
    [['route', 'del', 'unreachable', far]],
  )
}

function badDevice(name: string, net: string, made: readonly string[][], unmade: readonly string[][] = []): BadDevice {
  const remove = (): void => {
    for (const args of [['link', 'del', name], ...unmade]) spawnSync('ip', args, { stdio: 'ignore' })
  }
  const addressed = [
    ['addr', 'add', `${net}.1/24`, 'dev', name],
    ['link', 'set', name, 'up'],
    ['neigh', 'add', `${net}.2`, 'lladdr', '02:00:00:00:77:02', 'dev', name],
  ]
  for (const args of [...made, ...addressed]) {
    const { status, stderr } = spawnSync('ip', args, { encoding: 'utf8' })
    if (status === 0) continue
    remove()
    throw new Error(`ip ${args.join(' ')}: ${stderr}`)
  }
  return { name, remove, send }

  function send(): Fault {
    const socket = createSocket('udp4')
    const packet = Buffer.alloc(1_200)
    const timer = setInterval(() => socket.send(packet, 9, `${net}.2`, () => {}), 20)
    return {
      end: async () => {
        clearInterval(timer)
        socket.close()
      },
    }
  }
}

/** Part of an address that no run before had, lest devices be in the way that a killed one has left. */
const some = (): number => random(250)

function random(below: number): number {
  return Math.floor(Math.random() * below)
}

/** Two names that say whose they are; a device's has 15 characters at most, and `veth` is what others are left out by. */
function names(): [string, string] {
  const own = random(2 ** 24).toString(16)
  return [`swt${own}a`, `swt${own}b`]
}

function bounded([command, ...args]: readonly string[], options: SpawnOptions = { stdio: 'ignore' }): ChildProcess {
  return spawn('timeout', ['--foreground', '--kill-after=1', String(SECONDS_MAX), command!, ...args], options)
}

function ready(child: ChildProcess): Promise<ChildProcess> {
  return new Promise((resolve, reject) => {
    child.stdout!.once('data', () => resolve(child))
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`)))
  })
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve()
    child.once('exit', () => resolve())
    child.kill('SIGTERM')
  })
}
