/** Requests that were refused, by service; '' for those that no route would have taken. */
export interface RefusalCounts {
  readonly limited: Readonly<Record<string, number>>
  readonly failedLogins: Readonly<Record<string, number>>
}

export type Refusal = keyof RefusalCounts

export function addRefusals(
  one: RefusalCounts | undefined,
  other: RefusalCounts | undefined,
): RefusalCounts | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return { limited: added(one.limited, other.limited), failedLogins: added(one.failedLogins, other.failedLogins) }
}

function added(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): Record<string, number> {
  const sum: Record<string, number> = { ...one }
  for (const [service, count] of Object.entries(other)) sum[service] = (sum[service] ?? 0) + count
  return sum
}
