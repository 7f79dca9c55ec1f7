import { readFileSync } from 'node:fs'
import { readFile, statfs } from 'node:fs/promises'
import type { Measured, Source } from '../source.ts'
import { cpuFacts, descriptorFacts, loadFacts, memoryFacts, networkFacts } from './facts.ts'
import { mountsOf } from './mounts.ts'

export interface HostOptions {
  /** Folders whose file systems count. */
  readonly folders: readonly string[]
  /** @default /proc */
  readonly proc?: string
}

/**
 * The machine itself, and each file system that a folder of ours lies on or holds now: asked again and again, since disks come
 * and go. One that hangs hides nothing of the rest.
 */
export function hostSources({ folders, proc = '/proc' }: HostOptions): () => readonly Source[] {
  const machine: Source = {
    name: 'host',
    target: 'machine',
    read: async () => {
      const read = (path: string): Promise<string> => readFile(`${proc}/${path}`, 'utf8')
      const [stat, loadavg, meminfo, fileNr, netDev] = await Promise.all(
        ['stat', 'loadavg', 'meminfo', 'sys/fs/file-nr', 'net/dev'].map(read),
      )
      return [
        ...cpuFacts(stat!),
        ...loadFacts(loadavg!),
        ...memoryFacts(meminfo!),
        ...descriptorFacts(fileNr!),
        ...networkFacts(netDev!),
      ]
    },
  }
  let mounts: ReturnType<typeof mountsOf> = []
  return () => {
    try {
      mounts = mountsOf(folders, readFileSync(`${proc}/self/mountinfo`, 'utf8'))
    } catch {
      // Without a descriptor left nothing can be opened: those of before are still there, and the rest is to be asked.
    }
    return [machine, ...mounts.map(({ at }): Source => ({ name: 'disk', target: at, read: () => readDisk(at) }))]
  }
}

async function readDisk(mount: string): Promise<readonly Measured[]> {
  // In the thread pool: a network file system whose server is gone never answers.
  const { bsize, blocks, bavail, files, ffree } = await statfs(mount)
  const labels = { mount }
  const of = (metric: string, value: number): Measured => ({ metric, labels, value })
  return [
    of('seaworthy_host_disk_bytes', blocks * bsize),
    of('seaworthy_host_disk_available_bytes', bavail * bsize),
    // Some file systems make inodes as they need them, and say 0.
    ...(files === 0 ? [] : [of('seaworthy_host_inodes', files), of('seaworthy_host_inodes_free', ffree)]),
  ]
}
