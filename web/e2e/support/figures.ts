// What tests compare and measure with.

const DAY = 86_400_000

/** Whole days of the simulated past, which is over: days ago, in UTC. */
export function daysAgo(from: number, to: number): { from: string; to: string } {
  const midnight = Math.floor(Date.now() / DAY) * DAY
  const iso = (days: number) => new Date(midnight - days * DAY).toISOString().replace('.000Z', 'Z')
  return { from: iso(from), to: iso(to) }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? NaN
}

/** A decimal string as whole billionths. */
export function nano(amount: string): bigint {
  const [whole = '0', rest = ''] = amount.replace('-', '').split('.')
  const units = BigInt(whole + rest.slice(0, 9).padEnd(9, '0'))
  return amount.startsWith('-') ? -units : units
}
