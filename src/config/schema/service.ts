import { z } from 'zod'
import {
  command,
  environmentVariable,
  folder,
  matching,
  pause,
  port,
  rate,
  ratio,
  route,
  secretName,
  size,
  text,
  timer,
  whole,
} from './fields.ts'

const pathOnly = () => matching(/^\/[\x21-\x7e]*$/, "a path; start it with '/', such as '/health/liveness'")

/** What an answer has to be; shared by health checks and smoke requests. */
export const expectFields = {
  status: whole(100, 599).optional().describe('The status the answer must have. Default: any 2xx.'),
  body: text().optional().describe('Text the body must contain. Default: any body.'),
}

const healthSchema = z.strictObject({
  ready: z
    .string({ error: "a path or a command; write it such as '/health/readiness' or 'node check.ts'" })
    .pipe(
      z.union([pathOnly(), command()], {
        error: "a path that starts with '/', or a command; write it such as '/health/readiness' or 'node check.ts'",
      }),
    )
    .optional()
    .describe(
      "Whether it can take traffic: a path to GET, or a command that exits 0. Default '/health/readiness' where that answers; else, with routes, any HTTP answer below 500, and without, that TCP accepts; a worker without a port has to stay up.",
    ),
  live: pathOnly().optional().describe('The path that says whether it has to be restarted. Default: none.'),
  startup: pathOnly().optional().describe('The path that says whether it has finished starting. Default: none.'),
  expect: z
    .strictObject(expectFields)
    .optional()
    .describe('What the ready path must answer, for apps that answer 200 whatever happens. Default: any 2xx.'),
  interval: timer().prefault('5s').describe('The time between two checks. Default 5s.'),
  timeout: timer().prefault('3s').describe('How long one check may take. Default 3s.'),
  passes: whole(1, 100).default(2).describe('Passes in a row that make it healthy. Default 2.'),
  failures: whole(1, 100).default(3).describe('Failures in a row that make it unhealthy. Default 3.'),
  deadline: timer().prefault('300s').describe('How long it may take to become ready. Default 300s.'),
})

const migrateSchema = z.strictObject({
  expand: command()
    .optional()
    .describe(
      "Runs before the new release starts; the old release must work with its result. 'sql FOLDER' applies the .sql files of a folder in one transaction. Default: none.",
    ),
  contract: command()
    .optional()
    .describe('Takes away what only older releases used; run by `seaworthy migrate --contract`. Default: none.'),
})

const scaleSchema = z.strictObject({
  min: whole(1, 1000).default(1).describe('The fewest instances. Default 1.'),
  max: whole(1, 1000).optional().describe('The most instances. Default: min.'),
  cpu: ratio().optional().describe("The CPU use to aim at, such as '70%'. Default: CPU does not scale it."),
  memory: ratio().optional().describe("The memory use to aim at, such as '80%'. Default: memory does not scale it."),
  rate: rate()
    .optional()
    .describe("The requests one instance should get, such as '100/s'. Default: requests do not scale it."),
  queue: z
    .strictObject({
      metric: text().describe('The metric that counts what waits.'),
      target: z
        .number({ error: 'a number above 0; write how many may wait for each instance, such as 100' })
        .positive({ error: 'a number above 0; write how many may wait for each instance, such as 100' })
        .describe('How many may wait for each instance.'),
    })
    .optional()
    .describe('Scale by the length of a queue. Default: queues do not scale it.'),
})

const resourcesSchema = z.strictObject({
  cpu: z
    .number({ error: 'a number of cores above 0; write it without quotes, such as 0.5' })
    .positive({ error: 'a number of cores above 0; write it without quotes, such as 0.5' })
    .max(1024, { error: 'at most 1024 cores; write a smaller number' })
    .optional()
    .describe(
      'Cores one instance may use: what its alert and `scale.cpu` are shares of. On `process` nothing holds it back. Default: no bound.',
    ),
  memory: size().optional().describe("Memory one instance may use, such as '512MiB'. Default: no bound."),
})

const relation = z.enum(['required', 'optional'])

/** A part of the app that runs. */
export const serviceSchema = z.strictObject({
  path: folder().default('.').describe("Its folder, relative to the config's. Default '.'."),
  build: command().optional().describe('Builds it, inside its folder. Default: nothing to build.'),
  start: command()
    .optional()
    .describe(
      'Runs it: split into words as a shell would, run without one; $PORT, $HOST and $RELEASE expand. Exactly one of start, static, image.',
    ),
  static: folder()
    .optional()
    .describe('A folder of files, served by the gateway itself. Dotfiles never; hashed names as immutable.'),
  image: matching(
    /^\S+@sha256:[0-9a-f]{64}$/,
    "an image by digest; write it such as 'registry.example.com/api@sha256:…' with 64 hex digits",
  )
    .optional()
    .describe('For docker and kubernetes: an image by digest.'),
  port: port()
    .optional()
    .describe('The port it insists on. Default: it listens on $PORT, as it must for blue-green on process.'),
  templates: z
    .record(folder(), folder())
    .default({})
    .describe(
      'Files rendered with $PORT … before start, for programs configured by file: template to result. Default: none.',
    ),
  routes: z
    .array(route())
    .default([])
    .describe("Where its requests come from: '/api', 'api.example.com/'. Default none: a worker, reached by nobody."),
  protocol: z.enum(['http1', 'h2c']).default('http1').describe("How the gateway speaks to it. Default 'http1'."),
  affinity: z
    .enum(['none', 'cookie'])
    .default('none')
    .describe("Whether a client stays with one instance. Default 'none'."),
  health: healthSchema.prefault({}).describe('How one knows that it works.'),
  uses: z.record(text(), relation).default({}).describe('The needs it uses, each required or optional. Default: none.'),
  consumes: z.record(text(), text()).default({}).describe('The topic or queue it reads, by need. Default: none.'),
  env: z
    .record(environmentVariable(), z.string({ error: 'text; put the value in quotes' }))
    .default({})
    .describe('Environment variables. Secrets belong into secrets. Default: none.'),
  secrets: z
    .array(secretName())
    .default([])
    .describe('Names of the secrets it gets as environment variables. Default: none.'),
  migrate: migrateSchema.prefault({}).describe('Changes of the database, in two halves.'),
  scale: scaleSchema.prefault({}).describe('How many instances run.'),
  resources: resourcesSchema.prefault({}).describe('What one instance may use.'),
  grace: pause().prefault('30s').describe('From SIGTERM to SIGKILL. Default 30s.'),
  writable: z
    .array(folder())
    .default([])
    .describe('Folders it may write to; everything else is read-only where the target can do that. Default: none.'),
})
