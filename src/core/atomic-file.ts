import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/**
 * Replaces `path` as one step that survives a power cut: written beside it, synced, renamed, the folder synced.
 * A reader sees the old text or the new text, never a part of one. Synchronous, so that nothing of ours comes between.
 */
export function writeFileAtomic(path: string, text: string, options: { mode?: number } = {}): void {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  const bytes = Buffer.from(text)
  const file = openSync(temporary, 'w', options.mode ?? 0o600)
  try {
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } catch (error) {
    closeSync(file)
    unlinkSync(temporary)
    throw error
  }
  closeSync(file)
  renameSync(temporary, path)
  syncFolder(dirname(path))
}

/** A rename is only durable once the folder that holds the name is. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r')
  try {
    fsyncSync(folder)
  } finally {
    closeSync(folder)
  }
}
