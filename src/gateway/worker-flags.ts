/** What Node is told when it starts a worker. */
export const WORKER_FLAGS: readonly string[] = [
  '--disable-warning=ExperimentalWarning',
  // V8 puts objects of kinds that it has seen survive at once among the old ones. Those of a request, allocated so because a few
  // were in flight at the wrong moment, keep what the request leaves behind until the next full collection: half of all
  // survived, and collecting it took up to a quarter of the CPU (docs/decisions/0024).
  '--no-allocation-site-pretenuring',
  // A request goes through some two hundred small functions. V8 stops putting one into another at a size that is meant for pages;
  // with more it does without many of their calls and objects (docs/decisions/0024 has figures). Its defaults are 460 and 920.
  '--max-inlined-bytecode-size=1000',
  '--max-inlined-bytecode-size-cumulative=4000',
  // V8 gives parts of its young generation back to the system and takes them again under load: a page fault in forty requests, each
  // for pages that the kernel clears first. What is not below this, its usual largest size, it keeps (docs/decisions/0024).
  '--min-semi-space-size=16',
]
