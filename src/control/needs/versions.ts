/** Whether a found version is the one asked for: '17' takes 17.2, '7.4' takes 7.4.1; null takes any. */
export function fits(asked: string | null, found: string): boolean {
  return asked === null || found === asked || found.startsWith(`${asked}.`)
}

/** '15.18' → 15. */
export function majorOf(version: string): number {
  return Number.parseInt(version, 10)
}
