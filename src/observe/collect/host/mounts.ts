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

/** The file systems that these folders lie on, each once, by what /proc/self/mountinfo says. */
export function mountsOf(folders: readonly string[], mountinfo: string): readonly Mount[] {
  const all = mountinfo.split('\n').flatMap(readMount)
  const found = folders.flatMap((folder) => {
    // A later mount over the same place hides the earlier one.
    const holding = all.filter(({ at }) => holds(at, folder))
    const longest = Math.max(...holding.map(({ at }) => at.length))
    return holding.findLast(({ at }) => at.length === longest) ?? []
  })
  return found
    .filter(({ device, type }, index) => !PSEUDO.has(type) && found.findIndex((one) => one.device === device) === index)
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
