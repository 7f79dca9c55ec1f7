import { constants, createBrotliCompress, createGzip, createZstdCompress } from 'node:zlib'
import type { Transform } from 'node:stream'
import type { Coding } from './negotiate.ts'

/**
 * Levels for answers made on the fly. gzip 6 is what everybody takes; brotli above 4 and zstd above 3 cost a multiple for a few
 * per cent. Windows of 256 KiB bound what one answer may hold in memory.
 */
const GZIP_LEVEL = 6
const BROTLI_QUALITY = 4
const ZSTD_LEVEL = 3
const WINDOW_BITS = 18

/** `live`: what came in goes out at once, since nobody knows when more comes. */
export function compressor(coding: Coding, { live, length }: { live: boolean; length: number | null }): Transform {
  if (coding === 'gzip') {
    return createGzip({ level: GZIP_LEVEL, ...(live ? { flush: constants.Z_SYNC_FLUSH } : {}) })
  }
  if (coding === 'br') {
    return createBrotliCompress({
      ...(live ? { flush: constants.BROTLI_OPERATION_FLUSH } : {}),
      params: {
        [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
        [constants.BROTLI_PARAM_LGWIN]: WINDOW_BITS,
        ...(length === null ? {} : { [constants.BROTLI_PARAM_SIZE_HINT]: Math.min(length, 2 ** 30) }),
      },
    })
  }
  return createZstdCompress({
    ...(live ? { flush: constants.ZSTD_e_flush } : {}),
    params: {
      [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL,
      [constants.ZSTD_c_windowLog]: WINDOW_BITS,
    },
  })
}
