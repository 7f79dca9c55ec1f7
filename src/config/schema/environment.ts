import { z } from 'zod'
import { TARGETS } from '../resolved.ts'
import {
  command,
  duration,
  factor,
  httpUrl,
  matching,
  pause,
  rate,
  ratio,
  request,
  text,
  timer,
  whole,
} from './fields.ts'
import { gatewaySchema } from './gateway.ts'
import { guardSchema } from './guard.ts'
import { expectFields, serviceSchema } from './service.ts'

const dockerHost = () =>
  matching(/^(?:ssh|tcp|unix):\/\/\S+$/, "a Docker host; write it such as 'ssh://deploy@staging.example.com'")

/** At the most that the witness sends, 50 a second, six hours: more is a slip of the pen. */
const SAMPLE_MAX = 1_000_000

/** A host with a dot or a port, or `localhost`: else docker would look for it in its own hub. Then a path, which a hub needs. */
const REGISTRY =
  /^(?:localhost|(?=[a-z0-9.-]*[.:])[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::\d{1,5})?(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/

const canarySchema = z.strictObject({
  steps: z
    .array(ratio())
    .min(1, { error: "at least one step; add one such as '5%'" })
    .prefault(['5%', '25%', '50%'])
    .describe('The shares of traffic the new release gets, one after the other, each below 100%. Default 5% 25% 50%.'),
  every: timer().prefault('60s').describe('How long each step lasts. Default 60s.'),
  sample: whole(1, SAMPLE_MAX).default(200).describe('The answers a step needs before it can pass. Default 200.'),
})

const watchSchema = z.strictObject({
  for: pause().prefault('60s').describe('How long a new release is watched after the switch. Default 60s.'),
  errors: ratio().prefault('1%').describe('The share of failed answers above which it is taken back. Default 1%.'),
  p95: factor()
    .prefault('1.5x')
    .describe("Its p95 against the old release's above which it is taken back. Default 1.5x."),
  sample: whole(1, SAMPLE_MAX).default(20).describe('Fewer answers than this are inconclusive. Default 20.'),
  warm: duration().prefault('10min').describe('How long the old release is kept warm. Default 10min.'),
})

const smokeSchema = z.strictObject({
  request: request().describe("A request to the new release before it gets traffic, such as 'GET /api/version'."),
  expect: z
    .strictObject({
      ...expectFields,
      within: timer().optional().describe('How long the answer may take. Default: as long as the gateway waits.'),
    })
    .prefault({})
    .describe('What the answer must be. Default: any 2xx.'),
})

const witnessSchema = z.strictObject({
  request: z
    .array(request())
    .min(1, { error: "at least one request; add one such as 'GET /'" })
    .optional()
    .describe(
      "Requests sent through the front door during every deploy; POST only where declared here. Default 'GET /', or a GET of the first route.",
    ),
  rate: rate().prefault('10/s').describe('How many of them. Default 10/s.'),
})

/** Where the app runs. */
export const environmentSchema = z.strictObject({
  target: z.enum(TARGETS).describe('How instances are run: process, docker or kubernetes.'),
  host: z
    .union([dockerHost(), z.array(dockerHost()).min(1, { error: 'at least one host; add one' })], {
      error: "a Docker host or a list of them; write it such as 'ssh://deploy@staging.example.com'",
    })
    .optional()
    .describe("docker: where, such as 'ssh://deploy@staging.example.com'. Default: this machine."),
  context: text()
    .optional()
    .describe("kubernetes: the kubectl context, or 'in-cluster' where Seaworthy itself runs in the cluster."),
  namespace: matching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "a namespace; use a-z, 0-9 and '-', such as 'shop'")
    .optional()
    .describe("kubernetes: the namespace. Default: the app's name."),
  registry: matching(
    REGISTRY,
    "what stands before the names of images in a registry; write it without scheme and tag, such as 'registry.example.com/team'",
  )
    .optional()
    .describe(
      "docker, kubernetes: the registry that images are brought to and fetched from by digest, such as 'registry.example.com/team'. Default: none.",
    ),
  domain: matching(
    /^(?=.{1,253}$)[a-z0-9-]+(?:\.[a-z0-9-]+)*$/,
    "a host name in lower case; write it without scheme and path, such as 'example.com'",
  )
    .optional()
    .describe('The host name users come to. Default: any.'),
  state: text()
    .optional()
    .describe(
      "The folder for releases, journal and logs, relative to the config's. Default '.seaworthy/<environment>'.",
    ),
  secrets: text()
    .optional()
    .describe('A file with secrets, outside the repository. Default: only the environment variables.'),
  strategy: z
    .enum(['blue-green', 'canary', 'recreate'])
    .default('blue-green')
    .describe("How a release takes over: all at once, in steps, or old down before new up. Default 'blue-green'."),
  canary: canarySchema.prefault({}).describe('The steps of the strategy canary.'),
  watch: watchSchema.prefault({}).describe('What takes a new release back after the switch.'),
  drain: pause().prefault('30s').describe('How long the old release may finish its requests. Default 30s.'),
  smoke: z
    .array(smokeSchema)
    .default([])
    .describe('Requests a new release must answer before it gets traffic. Default: none.'),
  witness: witnessSchema
    .prefault({})
    .describe('Traffic of our own that counts failures during every deploy; exempt from limits.'),
  hooks: z
    .strictObject({
      before: command().optional().describe('Runs before a deploy; a failure stops it.'),
      after: command().optional().describe('Runs after a deploy.'),
      failed: command().optional().describe('Runs after a deploy that failed.'),
    })
    .prefault({})
    .describe('Commands around a deploy. Default: none.'),
  approval: z.boolean().default(false).describe('Whether somebody has to approve a deploy. Default false.'),
  prometheus: httpUrl().optional().describe('URL of a Prometheus to read from. Default: our own series.'),
  loki: httpUrl().optional().describe('URL of a Loki to send logs to. Default: our own logs.'),
  otlp: httpUrl().optional().describe('URL that traces are sent to. Default: none.'),
  overrides: z
    .strictObject({
      services: z.record(text(), serviceSchema).optional().describe('Keys of services that differ here.'),
      gateway: gatewaySchema.optional().describe('Keys of the gateway that differ here.'),
      guard: guardSchema.optional().describe('Keys of the guard that differ here.'),
    })
    .optional()
    .describe('What differs here: objects are merged, everything else is replaced. Default: nothing.'),
})
