// How alive accounts and their regions are.
import type { Schemas } from '@/api/client'
import { add, compare } from '@/format/money'

export type Account = Schemas['Account']
export type Region = Schemas['AccountRegion']

/** Seconds after which an account that says nothing is worth a look. CloudTrail
 * delivers within minutes, and even a quiet account has calls of its services. */
export const QUIET = 6 * 3_600
/** Seconds after which logs have most likely stopped to come. */
export const SILENT = 24 * 3_600

export type Liveness = 'live' | 'quiet' | 'silent'

export function livenessOf(lag: number): Liveness {
  return lag >= SILENT ? 'silent' : lag >= QUIET ? 'quiet' : 'live'
}

/** A region where nothing runs may be quiet; one where something runs is not. */
export function regionLiveness(region: Region): Liveness {
  return region.running > 0 ? livenessOf(region.lag_seconds) : 'live'
}

/** Silent ones first, then by what an hour costs, then by name. */
export function ordered(accounts: readonly Account[]): Account[] {
  const rank = (one: Account) => ({ silent: 0, quiet: 1, live: 2 })[livenessOf(one.lag_seconds)]
  return accounts.toSorted((a, b) => rank(a) - rank(b) || compare(rateOf(b), rateOf(a)) || a.account.localeCompare(b.account))
}

// For the order only: currencies are not converted.
function rateOf(account: Account): string {
  return account.rates.reduce((sum, rate) => add(sum, rate.rate_per_hour), '0')
}

/** What an hour costs in all, by currency. */
export function totalRates(accounts: readonly Account[]): { currency: string; rate: string }[] {
  const sums = new Map<string, string>()
  for (const { rates } of accounts) for (const one of rates) if (one.currency) sums.set(one.currency, add(sums.get(one.currency) ?? '0', one.rate_per_hour))
  return [...sums].map(([currency, rate]) => ({ currency, rate }))
}
