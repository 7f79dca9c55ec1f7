/** What Node is told when it starts a worker. */
export const WORKER_FLAGS: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  // V8 puts objects of kinds that it has seen survive at once among the old ones. Those of a request, allocated so because a few
  // were in flight at the wrong moment, keep what the request leaves behind until the next full collection: half of all
  // survived, and collecting it took up to a quarter of the CPU (docs/decisions/0024).
  '--no-allocation-site-pretenuring',
]
