/** A systemd unit as text: what it is made of, and why each line is there. */
export interface ServiceUnit {
  readonly app: string
  readonly environment: string
  /** True for the machine's own systemd, false for a user's. */
  readonly isSystem: boolean
  /** Who the environment belongs to; null: whoever systemd runs as. */
  readonly user: string | null
  readonly stateFolder: string
  /** Absolute, as `argv` for systemd. */
  readonly node: string
  readonly cli: string
  /** Variables it needs: PATH, HOME, and those that have to agree with the command line's. */
  readonly env: Readonly<Record<string, string>>
}

/** How long stopping may take: the gateway finishes what is in flight, then the instances have their grace. */
const STOP_S = 180
/** Sockets: one for each connection of a client and one to an instance. */
const FILES_MAX = 65_536

export function unitName(app: string, environment: string): string {
  return `seaworthy-${app}-${environment}.service`
}

export function unitText(unit: ServiceUnit): string {
  const { app, environment, isSystem, user, stateFolder, node, cli, env } = unit
  const lines = [
    '[Unit]',
    `Description=${specifiers(`${app} (${environment}), run by Seaworthy`)}`,
    'After=network.target',
    'StartLimitIntervalSec=300',
    'StartLimitBurst=10',
    '',
    '[Service]',
    '# It stays in the foreground: it brings the last release back, and waits until the environment ends.',
    'Type=exec',
    `ExecStart=${[node, cli, 'up', '--service', stateFolder].map(word).join(' ')}`,
    `WorkingDirectory=${specifiers(stateFolder)}`,
    ...(isSystem && user !== null ? [`User=${user}`] : []),
    ...Object.entries(env).map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`),
    '# SIGTERM goes to it alone: it stops gateway, instances and the rest in their order. What is left then is killed.',
    'KillMode=mixed',
    `TimeoutStopSec=${STOP_S}`,
    `# \`seaworthy stop ${environment}\` ends it with 0, and it stays down.`,
    'Restart=on-failure',
    'RestartSec=2',
    '# An instance that the kernel kills for its memory is started again by control: no reason to end everything.',
    'OOMPolicy=continue',
    `LimitNOFILE=${FILES_MAX}`,
    'UMask=0077',
    '# No PrivateTmp: commands outside meet it at sockets below /tmp where the path of the state folder is long. No',
    '# ProtectHome and no read-only file system: builds, migrations and hooks run in here, too.',
    'NoNewPrivileges=yes',
    ...(isSystem ? hardening(stateFolder) : []),
    '',
    '[Install]',
    `WantedBy=${isSystem ? 'multi-user.target' : 'default.target'}`,
  ]
  return `${lines.join('\n')}\n`
}

/** What a user's systemd can often not do; nothing here is needed by builds, migrations, hooks or instances. */
function hardening(stateFolder: string): readonly string[] {
  return [
    'ProtectSystem=full',
    `ReadWritePaths=${word(stateFolder)}`,
    'ProtectKernelTunables=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    'RestrictSUIDSGID=yes',
    'RestrictRealtime=yes',
    'LockPersonality=yes',
  ]
}

/** One word of a command line: quoted where it has to be, and never expanded. */
function word(text: string): string {
  const plain = specifiers(text).replaceAll('$', '$$$$')
  return /^[\w@%+=:,./$-]+$/.test(plain) ? plain : quoted(text).replaceAll('$', '$$$$')
}

function quoted(text: string): string {
  return `"${specifiers(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** systemd gives `%` a meaning. */
function specifiers(text: string): string {
  return text.replaceAll('%', '%%')
}
