import { Readable } from 'node:stream'
import { TAR_END, tarHeader, tarPadding } from '../docker/tar.ts'
import { layerChunks, ROOT } from './layer.ts'
import type { OwnImage } from './own-image.ts'

/**
 * The image as one archive: an OCI layout, with the list beside it that `docker load` reads.
 * @param present how many layers, from below, are left out since the engine that is to read it has them
 */
export function ownArchive(image: OwnImage, tag: string, present = 0): Readable {
  const { id, digest, config, manifest, layers, architecture } = image
  async function* chunks(): AsyncGenerator<Uint8Array> {
    yield* text('oci-layout', JSON.stringify({ imageLayoutVersion: '1.0.0' }))
    yield* text(blob(id), config)
    yield* text(blob(digest), manifest)
    for (const layer of layers.slice(present)) {
      yield tarHeader({ name: blob(layer.digest), kind: 'file', mode: 0o644, owner: ROOT, size: layer.bytes })
      // A tar ends on a block: no padding.
      yield* layerChunks(layer.entries)
    }
    yield* text(
      'index.json',
      JSON.stringify({
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.index.v1+json',
        manifests: [
          {
            mediaType: 'application/vnd.oci.image.manifest.v1+json',
            digest,
            size: Buffer.byteLength(manifest),
            annotations: { 'io.containerd.image.name': fullName(tag), 'org.opencontainers.image.ref.name': tag },
            platform: { architecture, os: 'linux' },
          },
        ],
      }),
    )
    yield* text(
      'manifest.json',
      JSON.stringify([{ Config: blob(id), RepoTags: [tag], Layers: layers.map((layer) => blob(layer.digest)) }]),
    )
    yield TAR_END
  }
  return Readable.from(chunks(), { objectMode: false })
}

/** Docker's short names have a registry and a folder that nobody writes. */
export function fullName(tag: string): string {
  const [first, ...rest] = tag.split('/')
  if (rest.length === 0) return `docker.io/library/${tag}`
  return /[.:]|^localhost$/.test(first!) ? tag : `docker.io/${tag}`
}

function* text(name: string, content: string): Generator<Uint8Array> {
  const bytes = Buffer.from(content)
  yield tarHeader({ name, kind: 'file', mode: 0o644, owner: ROOT, size: bytes.length })
  yield bytes
  yield tarPadding(bytes.length)
}

function blob(digest: string): string {
  return `blobs/sha256/${digest.slice('sha256:'.length)}`
}
