import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ServerResponse } from 'node:http'

/** Three files and no more: nothing of what a client sends ever becomes a path. */
const FILES: Readonly<Record<string, readonly [file: string, type: string]>> = {
  '/': ['index.html', 'text/html'],
  '/app.js': ['app.js', 'text/javascript'],
  '/style.css': ['style.css', 'text/css'],
}

/** Serves the page when this program runs alone. @returns whether the path is one of the page's. */
export async function servePage(response: ServerResponse, folder: string, path: string): Promise<boolean> {
  const [file, type] = FILES[path] ?? []
  if (!file) return false
  const content = await readFile(join(folder, file))
  response.writeHead(200, {
    'Content-Type': `${type}; charset=utf-8`,
    'Content-Security-Policy': "default-src 'self'; connect-src 'self' ws: wss:",
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(content)
  return true
}
