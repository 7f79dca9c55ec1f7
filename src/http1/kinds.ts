/** Fields whose value decides how a message is framed, where it goes, or what becomes of its connection. */
export const CONNECTION = 1
export const CONTENT_LENGTH = 2
export const EXPECT = 3
export const HOST = 4
export const TRANSFER_ENCODING = 5
export const UPGRADE = 6

/** Of every kind but Expect: whoever passes a message on drops it, or writes it anew (`ALWAYS` of drop-set.ts). */
export function isAlwaysDropped(kind: number): boolean {
  return kind !== 0 && kind !== EXPECT
}
