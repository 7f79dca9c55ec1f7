import type { ResolvedService } from '../../../config/resolved.ts'
import type { Runtime } from './base.ts'

/** Where a container finds the values of its secrets, a file each. */
export const SECRETS_FOLDER = '/run/secrets'
/** Template → file in its instance's folder, as JSON: what the entry makes files of. */
export const TEMPLATES_VARIABLE = 'SEAWORTHY_TEMPLATES'
/** The folder of an instance, where those files are: in memory, and its user's alone. */
export const INSTANCE_FOLDER = '/run/instance'
/** What a container's own health check is to do, as JSON. */
export const CHECK_VARIABLE = 'SEAWORTHY_CHECK'

export interface OwnFiles {
  /** The program that runs both. */
  readonly program: string
  readonly enter: string
  readonly check: string
  /** Name → text. */
  readonly files: Readonly<Record<string, string>>
}

/**
 * The few lines of ours in a generated image. `enter` reads the secrets, makes files of templates where it is told to, and becomes
 * the program: same pid, so signals and the exit code are the program's. What is no file there is not ours: a kubelet keeps folders beside them. `check` asks as the
 * gate does, without a shell or a tool that the image would have to have.
 */
export function ownFiles(runtime: Runtime, secretsFolder = SECRETS_FOLDER): OwnFiles {
  return runtime === 'node'
    ? {
        program: 'node',
        enter: 'enter.mjs',
        check: 'check.mjs',
        files: { 'enter.mjs': enterNode(secretsFolder), 'check.mjs': CHECK_NODE },
      }
    : {
        program: 'python3',
        enter: 'enter.py',
        check: 'check.py',
        files: { 'enter.py': enterPython(secretsFolder), 'check.py': CHECK_PYTHON },
      }
}

export type OwnCheck =
  | { readonly argv: readonly string[] }
  /** A connection that opens will do. */
  | { readonly connect: true }
  /** `below`: any status under it passes. */
  | { readonly path: string; readonly status: number | null; readonly body: string | null; readonly below: number }

/** What the container's own check does: the same as the gate's; null where staying up is all there is. */
export function ownCheck({ health, routes }: ResolvedService): OwnCheck | null {
  const { ready, expect } = health
  switch (ready.kind) {
    case 'http':
      return { path: ready.path, ...expect, below: 300 }
    case 'default':
      return routes.length === 0
        ? { connect: true }
        : { path: '/health/readiness', status: null, body: null, below: 500 }
    case 'command':
      return { argv: ready.argv }
    case 'alive':
      return null
  }
}

/** What a template may name, as on `process`; every other `$name` is left alone. */
const TEMPLATE_NAMES = 'HOST|PORT|RELEASE|INSTANCE|INSTANCE_DIR'
const TEMPLATE_TEST = `/^(?:${TEMPLATE_NAMES})$/`

const enterNode = (
  folder: string,
): string => `import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'

const folder = ${JSON.stringify(folder)}
const [program, ...args] = process.argv.slice(2)
const env = { ...process.env }
for (const name of secrets()) env[name] = readFileSync(join(folder, name), 'utf8')
for (const [template, target] of Object.entries(JSON.parse(process.env.${TEMPLATES_VARIABLE} ?? '{}'))) {
  const file = join(process.env.INSTANCE_DIR, target)
  if (existsSync(file)) continue
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, rendered(readFileSync(template, 'utf8')), { mode: 0o600 })
}
const file = find(program)
if (file === null) {
  process.stderr.write(\`seaworthy: there is no program '\${program}' in this image\\n\`)
  process.exit(127)
}
process.execve(file, [program, ...args], env)

function secrets() {
  try {
    return readdirSync(folder).filter((name) => statSync(join(folder, name)).isFile())
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
}

function rendered(text) {
  const known = (name) => (${TEMPLATE_TEST}.test(name ?? '') ? process.env[name] : undefined)
  return text.replace(/\\$(?:\\{([A-Z_]+)\\}|([A-Z_]+))/g, (whole, braced, bare) => known(braced ?? bare) ?? whole)
}

function find(program) {
  const places = program.includes('/') ? [process.cwd()] : (env.PATH ?? '').split(delimiter)
  for (const place of places) {
    const file = resolve(place, program)
    try {
      accessSync(file, constants.X_OK)
      return file
    } catch {}
  }
  return program === 'node' ? process.execPath : null
}
`

const enterPython = (folder: string): string => `import json, os, re, sys

folder = ${JSON.stringify(folder)}
env = dict(os.environ)
if os.path.isdir(folder):
    for name in os.listdir(folder):
        if os.path.isfile(os.path.join(folder, name)):
            with open(os.path.join(folder, name), encoding="utf-8", newline="") as file:
                env[name] = file.read()

def known(found):
    name = found.group(1) or found.group(2)
    return os.environ.get(name, found.group(0)) if re.fullmatch("${TEMPLATE_NAMES}", name) else found.group(0)

for template, target in json.loads(os.environ.get("${TEMPLATES_VARIABLE}", "{}")).items():
    path = os.path.join(os.environ["INSTANCE_DIR"], target)
    if os.path.exists(path):
        continue
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(template, encoding="utf-8", newline="") as file:
        text = re.sub(r"\\$(?:\\{([A-Z_]+)\\}|([A-Z_]+))", known, file.read())
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline="") as file:
        file.write(text)
try:
    os.execvpe(sys.argv[1], sys.argv[1:], env)
except FileNotFoundError:
    print(f"seaworthy: there is no program '{sys.argv[1]}' in this image", file=sys.stderr)
    sys.exit(127)
`

const CHECK_NODE = `import { spawnSync } from 'node:child_process'
import { get } from 'node:http'
import { connect } from 'node:net'

const check = JSON.parse(process.env.${CHECK_VARIABLE} ?? '{"connect":true}')
const at = { host: '127.0.0.1', port: Number(process.env.PORT) }
const end = (good) => process.exit(good ? 0 : 1)
if (check.argv) end(spawnSync(check.argv[0], check.argv.slice(1), { stdio: 'ignore' }).status === 0)
else if (check.connect) connect(at, () => end(true)).on('error', () => end(false))
else
  get({ ...at, path: check.path }, (answer) => {
    let body = ''
    answer.setEncoding('utf8').on('data', (text) => (body += text.slice(0, 65536 - body.length)))
    answer.on('end', () => {
      const { statusCode: status } = answer
      const isStatus = check.status === null ? status >= 200 && status < check.below : status === check.status
      end(isStatus && (check.body === null || body.includes(check.body)))
    })
  }).on('error', () => end(false))
`

const CHECK_PYTHON = `import http.client, json, os, socket, subprocess, sys

check = json.loads(os.environ.get("${CHECK_VARIABLE}", '{"connect":true}'))
port = int(os.environ["PORT"])
try:
    if "argv" in check:
        quiet = subprocess.DEVNULL
        good = subprocess.run(check["argv"], stdin=quiet, stdout=quiet, stderr=quiet).returncode == 0
    elif "connect" in check:
        socket.create_connection(("127.0.0.1", port)).close()
        good = True
    else:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", check["path"])
        answer = connection.getresponse()
        body = answer.read(65536).decode("utf-8", "replace")
        wanted = check["status"]
        good = 200 <= answer.status < check["below"] if wanted is None else answer.status == wanted
        good = good and (check["body"] is None or check["body"] in body)
except OSError:
    good = False
sys.exit(0 if good else 1)
`
