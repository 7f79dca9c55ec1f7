import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Problem } from '../../../core/problem.ts'
import { USER_ID } from '../docker/dockerfile.ts'
import { ROOT, type LayerEntry } from './layer.ts'
import { NODE, STATE } from './places.ts'

/** Loaded by glibc before 2.34 on the first name that is looked up: no program is linked with them. */
const LOADED_LATER = ['libnss_dns.so.2', 'libnss_files.so.2', 'libresolv.so.2']

/** Node's names of architectures, and those of images. */
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

const TEXTS: Readonly<Record<string, string>> = {
  'etc/passwd': `root:x:0:0:root:/:/sbin/nologin\nseaworthy:x:${USER_ID}:${USER_ID}::${STATE}:/sbin/nologin\n`,
  'etc/group': `root:x:0:\nseaworthy:x:${USER_ID}:\n`,
  // Without it an older glibc asks the name server first, also for what Docker writes into /etc/hosts.
  'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
}

/**
 * The architecture that an image of this machine's Node is for, as images name it.
 * @throws Problem `image.not-here`
 */
export function architectureHere(platform: string = process.platform, arch: string = process.arch): string {
  const found = platform === 'linux' ? ARCHITECTURES[arch] : undefined
  if (found !== undefined) return found
  throw new Problem(
    'image.not-here',
    `Seaworthy's image is made of this machine's Node, which is for ${platform} ${arch}`,
    {
      hint: 'Run `seaworthy image` on Linux, on amd64 or arm64: in a virtual machine, or on the host that is to run it.',
    },
  )
}

/** The lowest layer: this Node, the libraries it is linked with at the paths they have here, and no shell. */
export function machineNode(): readonly LayerEntry[] {
  const libraries = librariesOf(process)
  const beside = dirname(libraries.find((path) => /\/libc\.so/.test(path)) ?? '/')
  const later = LOADED_LATER.map((name) => join(beside, name)).filter(existsSync)
  const copies = [[NODE, process.execPath], ...[...libraries, ...later].map((path) => [path, path])] as const
  return [
    ...copies.map(([to, from]): LayerEntry => {
      const { size } = statSync(from)
      return { path: to.slice(1), kind: 'copy', from, size, mode: 0o755, owner: ROOT }
    }),
    ...Object.entries(TEXTS).map(([path, text]): LayerEntry => {
      return { path, kind: 'file', bytes: Buffer.from(text), mode: 0o644, owner: ROOT }
    }),
    // A tmpfs and a volume that are mounted there take mode and owner from here.
    { path: 'tmp', kind: 'folder', mode: 0o1777, owner: ROOT },
    { path: STATE.slice(1), kind: 'folder', mode: 0o700, owner: USER_ID },
  ]
}

/** What the loader has found for this very process; the kernel's own is no file. */
function librariesOf(node: NodeJS.Process): readonly string[] {
  // Newer than its types.
  const report = node.report as NodeJS.ProcessReport & { excludeNetwork: boolean }
  const { excludeNetwork } = report
  // It would look up the name of every interface.
  report.excludeNetwork = true
  const { sharedObjects } = report.getReport() as unknown as { readonly sharedObjects: readonly string[] }
  report.excludeNetwork = excludeNetwork
  return [...new Set(sharedObjects.filter((path) => path.startsWith('/')))]
}
