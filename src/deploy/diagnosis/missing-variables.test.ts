import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { missingVariables } from './missing-variables.ts'

const namesIn = (text: string): readonly string[] => missingVariables(text.split('\n')).map(({ name }) => name)

const FORMS: Readonly<Record<string, string>> = {
  'Node, by hand': 'Error: DATABASE_URL is not set\n    at Object.<anonymous> (/app/config.js:3:9)',
  'Node, by hand, the other way round': 'Error: Missing required environment variable: DATABASE_URL',
  assert: "AssertionError [ERR_ASSERTION]: Missing environment variable 'DATABASE_URL'",
  'Joi and Nest': 'Error: Config validation error: "DATABASE_URL" is required',
  envalid:
    '================================\n\u001b[31m Missing environment variables:\u001b[39m\n    \u001b[34mDATABASE_URL\u001b[39m: undefined\n================================',
  'zod 3':
    '[\n  {\n    "code": "invalid_type",\n    "expected": "string",\n    "received": "undefined",\n    "path": [\n      "DATABASE_URL"\n    ],\n    "message": "Required"\n  }\n]',
  'zod 3, flattened': "Invalid environment variables: { DATABASE_URL: [ 'Required' ] }",
  Prisma: 'error: Error validating datasource `db`: \nerror: Environment variable not found: DATABASE_URL.',
  'Python, os.environ':
    '  File "app.py", line 4, in <module>\n    url = os.environ["DATABASE_URL"]\nKeyError: \'DATABASE_URL\'',
  pydantic:
    'pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings\ndatabase_url\n  Field required [type=missing, input_value={}, input_type=dict]',
  decouple: 'decouple.UndefinedValueError: DATABASE_URL not found. Declare it as envvar or define a default value.',
  environ: 'django.core.exceptions.ImproperlyConfigured: Set the DATABASE_URL environment variable',
  'Go, by hand': 'panic: DATABASE_URL must be set\n\ngoroutine 1 [running]:',
  'Go, envconfig': '2026/11/21 08:00:00 required key DATABASE_URL missing value',
  'Go, caarlos0/env': 'env: required environment variable "DATABASE_URL" is not set',
  'Ruby, ENV.fetch': 'config.rb:3:in `fetch\': key not found: "DATABASE_URL" (KeyError)',
  Elixir: '** (RuntimeError) environment variable DATABASE_URL is missing.',
  'Rust, expect': "thread 'main' panicked at src/main.rs:3:\nDATABASE_URL must be set: NotPresent",
  Spring: 'Could not resolve placeholder \'DATABASE_URL\' in value "${DATABASE_URL}"',
  shell: './start.sh: line 3: DATABASE_URL: unbound variable',
}

for (const [form, text] of Object.entries(FORMS)) {
  test(`${form} names the variable`, () => assert.deepEqual(namesIn(text), ['DATABASE_URL']))
}

test('what zod really throws names it: as thrown, and prettified', () => {
  const program = `
    import * as z from 'zod'
    const schema = z.object({ DATABASE_URL: z.string(), OTHER: z.string() })
    const { error } = schema.safeParse({ OTHER: 'x' })
    if (process.argv[1] === 'pretty') { console.error(z.prettifyError(error)); process.exit(1) }
    throw error`
  for (const how of ['plain', 'pretty']) {
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program, how], {
      encoding: 'utf8',
      cwd: import.meta.dirname,
    })
    assert.match(stderr, /received undefined/, 'zod speaks of something else by now')
    assert.deepEqual(namesIn(stderr), ['DATABASE_URL'], stderr)
  }
})

test('what Python really raises names it; a KeyError of any other dictionary is only a guess', () => {
  const python = (code: string) =>
    spawnSync('python3', ['-c', code], { encoding: 'utf8', env: { PATH: process.env['PATH'] } })
  const { stderr } = python('import os\nos.environ["DATABASE_URL"]')
  assert.match(stderr, /KeyError/)
  assert.deepEqual(missingVariables(stderr.split('\n')), [{ name: 'DATABASE_URL', isSure: true }])
  assert.deepEqual(missingVariables(["KeyError: 'DATABASE_URL'"]), [{ name: 'DATABASE_URL', isSure: false }])
})

test('several are named, each once', () => {
  assert.deepEqual(namesIn('JWT_KEY is not set\nDATABASE_URL is required\nError: JWT_KEY is not set'), [
    'JWT_KEY',
    'DATABASE_URL',
  ])
})

test('other complaints name nothing', () => {
  for (const text of [
    'Error: listen EADDRINUSE: address already in use 127.0.0.1:3000',
    'ERROR is required reading',
    'GET /users 404 NOT FOUND',
    "TypeError: Cannot read properties of undefined (reading 'url')",
    'using DATABASE_URL from the environment',
    'Error: connect ECONNREFUSED 127.0.0.1:5432',
  ])
    assert.deepEqual(namesIn(text), [], text)
})
