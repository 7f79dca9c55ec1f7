import assert from 'node:assert/strict'
import { test } from 'node:test'
import { packageText, serviceOf, servicesOf } from './testing.ts'

const expandOf = (files: Readonly<Record<string, string>>): unknown =>
  (serviceOf(files)['migrate'] as { expand?: string } | undefined)?.expand
const node = (more: object): Record<string, string> => ({
  'package.json': packageText({ scripts: { start: 'node a.js' }, ...more, dependencies: { express: '5' } }),
})

test('each tool by the file that configures it', () => {
  assert.equal(
    expandOf({ ...node({ devDependencies: { prisma: '6' } }), 'prisma/schema.prisma': '' }),
    'node_modules/.bin/prisma migrate deploy',
  )
  assert.equal(
    expandOf({ ...node({ devDependencies: { knex: '3' } }), 'knexfile.ts': '' }),
    'node_modules/.bin/knex migrate:latest',
  )
  assert.equal(
    expandOf({ ...node({ devDependencies: { 'drizzle-kit': '1' } }), 'drizzle.config.ts': '' }),
    'node_modules/.bin/drizzle-kit migrate',
  )
  assert.equal(expandOf({ ...node({ devDependencies: { prisma: '6' } }) }), undefined)
  assert.equal(
    expandOf(node({ scripts: { start: 'node a.js', 'db:migrate': 'sequelize db:migrate' } })),
    'npm run db:migrate',
  )
  assert.equal(expandOf(node({ scripts: { start: 'node a.js', migrate: 'node migrate.js up' } })), 'node migrate.js up')
  assert.equal(
    expandOf({ 'main.py': 'app = FastAPI()', 'requirements.txt': 'fastapi', 'alembic.ini': '' }),
    '.venv/bin/python -m alembic upgrade head',
  )
  assert.equal(
    expandOf({ 'config.ru': '', Gemfile: "gem 'rails'", 'db/migrate/1_a.rb': '' }),
    'bundle exec rails db:migrate',
  )
  assert.equal(
    expandOf({ artisan: '', 'composer.json': '{}', 'database/migrations/1.php': '' }),
    'php artisan migrate --force',
  )
})

test('a Django without a database migrates nothing', () => {
  const files = {
    'manage.py': "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'a.settings')",
    'a/settings.py': 'DATABASES = {}\n',
  }
  assert.equal(expandOf(files), undefined)
  assert.equal(
    expandOf({ ...files, 'a/settings.py': 'DATABASES = {"default": {}}\n' }),
    'python3 manage.py migrate --noinput',
  )
})

test('in a workspace the tool runs in its member', () => {
  const services = servicesOf({
    'package.json': packageText({ workspaces: ['apps/*'] }),
    'apps/api/package.json': packageText({
      scripts: { start: 'node a.js' },
      dependencies: { express: '5', knex: '3' },
    }),
    'apps/api/knexfile.js': '',
  })
  assert.deepEqual(services['api']?.['migrate'], { expand: 'npm exec --workspace apps/api -- knex migrate:latest' })
})
