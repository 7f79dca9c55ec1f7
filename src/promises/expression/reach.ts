import type { Expression } from '../expression.ts'

/**
 * How far back lies what an expression can still speak of, in milliseconds: its longest window; of two conditions that must
 * both hold the shorter one, since with it the whole ends. Where it looks from (`offset`) does not count.
 */
export function reachMs(expression: Expression): number {
  switch (expression.kind) {
    case 'number':
    case 'time':
    case 'selector':
    case 'absent':
      return 0
    case 'over':
      return expression.windowMs
    case 'aggregate':
    case 'quantile':
      return reachMs(expression.of)
    case 'binary': {
      const [left, right] = [reachMs(expression.left), reachMs(expression.right)]
      return expression.op === 'and' ? Math.min(left, right) : Math.max(left, right)
    }
  }
}
