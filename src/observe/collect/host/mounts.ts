/** A file system that somebody can fill. */
export interface Mount {
  /** Where it is mounted. */
  readonly at: string
  /** `8:1`: the same for all its mounts. */
  readonly device: string
}

/** File systems that hold nothing of anybody's. A tmpfs does: it fills up like any other. */
const PSEUDO: ReadonlySet<string> = new Set([
  'autofs',
  'binfmt_misc',
  'bpf',
  'cgroup',
  'cgroup2',
  'configfs',
  'debugfs',
  'devpts',
  'devtmpfs',
  'efivarfs',
  'fusectl',
  'hugetlbfs',
  'mqueue',
  'nsfs',
  'proc',
  'pstore',
  'securityfs',
  'sysfs',
  'tracefs',
])

/** Mounted within our folders, more than anybody has: beyond them, disks are left out. */
export const MOUNTS_MAX = 32

/**
 * The file systems that these folders lie on, and those mounted within them, as the data of a need often are; each once, by
 * what /proc/self/mountinfo says.
 */
export function mountsOf(folders: readonly string[], mountinfo: string): readonly Mount[] {
  // A later mount over the same place hides the earlier one.
  const all = [
    ...new Map(mountinfo.split('\n').flatMap((line) => readMount(line).map((one) => [one.at, one]))).values(),
  ]
  const found = folders.flatMap((folder) => {
    const holding = all.filter(({ at }) => holds(at, folder))
    const longest = Math.max(...holding.map(({ at }) => at.length))
    const below = all.filter(({ at }) => at !== folder && holds(folder, at))
    return [...holding.filter(({ at }) => at.length === longest), ...below]
  })
  return found
    .filter(({ device, type }, index) => !PSEUDO.has(type) && found.findIndex((one) => one.device === device) === index)
    .slice(0, MOUNTS_MAX)
    .map(({ at, device }) => ({ at, device }))
}

/** `36 35 98:0 /root /mount rw,noatime shared:1 - ext3 /dev/root rw`: the fields before the dash may be more. */
function readMount(line: string): readonly (Mount & { readonly type: string })[] {
  const [before, after] = line.split(' - ')
  const fields = before!.split(' ')
  if (after === undefined || fields.length < 5) return []
  return [{ at: unescape(fields[4]!), device: fields[2]!, type: after.split(' ')[0]! }]
}

/** Blanks, tabs, newlines and backslashes are written as octal numbers. */
function unescape(text: string): string {
  return text.replaceAll(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

function holds(mount: string, folder: string): boolean {
  return mount === '/' || folder === mount || folder.startsWith(`${mount}/`)
}
