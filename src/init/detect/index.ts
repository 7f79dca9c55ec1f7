import type { Detector } from '../finding.ts'
import { detectCompose } from './compose.ts'
import { detectDocker } from './docker.ts'
import { detectGo } from './go.ts'
import { detectHealth } from './health.ts'
import { detectMigrations } from './migrations.ts'
import { detectNeeds } from './needs.ts'
import { detectNode } from './node.ts'
import { detectPhp } from './php.ts'
import { detectPort } from './port.ts'
import { detectPython } from './python.ts'
import { detectRoutes } from './routes.ts'
import { detectRuby } from './ruby.ts'
import { detectSecrets } from './secrets.ts'
import { detectSqlite } from './sqlite.ts'
import { detectStatic } from './static.ts'

/** Everything that looks at a project; what is not recognised is not in one of these. */
export const DETECTORS: readonly Detector[] = [
  detectNode,
  detectPython,
  detectGo,
  detectRuby,
  detectPhp,
  detectDocker,
  detectCompose,
  detectStatic,
  detectPort,
  detectHealth,
  detectRoutes,
  detectMigrations,
  detectNeeds,
  detectSqlite,
  detectSecrets,
]

/** In words, for whoever has a project in which none of it is found. */
export const LOOKED_FOR: readonly string[] = [
  'Node: package.json with a script start, or a main that listens; Next, Vite, Nest, Fastify, Express',
  'Python: manage.py, a FastAPI, Starlette or Flask application, or an app.py that listens',
  'Go: go.mod and a func main; Ruby: config.ru; PHP: index.php, public/index.php or artisan',
  'files: index.html here or in public/, dist/, site/',
  'containers: a Dockerfile with CMD, or a compose file whose services have build',
]
