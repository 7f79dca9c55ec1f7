import { extname } from 'node:path'

/** What a file's name says about it. */
export function contentTypeOf(name: string): string {
  return TYPES[extname(name).toLowerCase()] ?? 'application/octet-stream'
}

/** A name with a content hash never changes its content; everything else is asked about each time. */
export function cacheControlOf(name: string): string {
  return hasContentHash(name) ? 'public, max-age=31536000, immutable' : 'no-cache'
}

/**
 * `app.3fa9c1d2.js`, `index-BfX29a_c.css`, `main-5BVDKZQX.js`. When in doubt no: a wrong yes keeps an old file in browsers for
 * a year, a wrong no costs a question. So neither `report-20240101.pdf` nor `user-settings.js`.
 */
export function hasContentHash(name: string): boolean {
  const match = /[.-]([A-Za-z0-9_-]+?)((?:\.[A-Za-z][A-Za-z0-9]{0,9}){1,3})$/.exec(name)
  if (match === null) return false
  const stem = name.slice(0, name.length - match[2]!.length)
  return [stem.slice(-8), ...stem.split(/[.-]/).slice(-1)].some((candidate) => {
    const before = stem[stem.length - candidate.length - 1]
    return (before === '.' || before === '-') && looksLikeHash(candidate)
  })
}

function looksLikeHash(text: string): boolean {
  if (/^[0-9a-f]{8,64}$/.test(text)) return /[0-9]/.test(text) && /[a-f]/.test(text)
  if (/^[A-Z2-7]{8}$/.test(text)) return /[2-7]/.test(text) && !/^[A-Z]+[0-9]+$/.test(text)
  if (/^[A-Za-z0-9_-]{8,22}$/.test(text)) return /[0-9]/.test(text) && /[a-z]/.test(text) && /[A-Z]/.test(text)
  return false
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.htm': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.xml': 'application/xml; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.avif': 'image/avif',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
  '.otf': 'font/otf',
  '.wasm': 'application/wasm',
  '.pdf': 'application/pdf',
  '.mp4': 'video/mp4',
  '.webm': 'video/webm',
  '.mp3': 'audio/mpeg',
  '.ogg': 'audio/ogg',
  '.zip': 'application/zip',
  '.gz': 'application/gzip',
}
