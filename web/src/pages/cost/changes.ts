// Words and figures of a change of the price graph.
import type { Schemas } from '@/api/client'
import { plural } from '@/format/count'
import { format, isZero } from '@/format/money'
import { nameOf } from '@/format/principal'
import { term } from '@/format/query'

export type Change = Schemas['Change']
export type ChangeLine = Schemas['ChangeLine']

/** Of the lines of a change so many are named before it is opened. */
const NAMED = 2

export function changeKey(change: Change): string {
  return [change.time, change.cause?.event_id ?? change.price_version ?? change.sample[0], change.account, change.currency, change.kind].join('|')
}

/** call: somebody did it. prices: a new price list did. unknown: no log says who. */
export function originOf(change: Change): 'call' | 'prices' | 'unknown' {
  if (change.cause) return 'call'
  return change.price_version ? 'prices' : 'unknown'
}

export function whoOf(change: Change): string {
  switch (originOf(change)) {
    case 'call':
      return change.cause?.actor || nameOf(change.cause?.principal ?? '') || 'Somebody'
    case 'prices':
      return 'New price list'
    case 'unknown':
      return 'Unattributed'
  }
}

export function whatOf(change: Change): string {
  if (change.cause?.event_name) return change.cause.event_name
  if (originOf(change) === 'prices') return `version ${change.price_version}`
  return change.kind === 'close' ? 'stopped, by no call in the logs' : 'by no call in the logs'
}

/** "+3 m5.large, −1 c5.xlarge and 2 more" */
export function linesOf(change: Change): string {
  const named = change.lines.slice(0, NAMED).map((line) => `${SIGN[line.kind]}${line.count} ${line.type || 'of an unknown type'}`)
  const more = change.lines.length - named.length
  return named.join(', ') + (more > 0 ? ` and ${more} more` : '')
}
const SIGN: Record<ChangeLine['kind'], string> = { open: '+', close: '\u2212', change: '~' }

const VERB: Record<ChangeLine['kind'], string> = { open: 'started', close: 'ended', change: 'changed' }
export function verbOf(line: ChangeLine): string {
  return `${plural(line.count, 'instance')} ${VERB[line.kind]}`
}

/** A change without a price says so; it never reads as nothing. */
export function deltaOf(change: Change): { text: string; direction: 'up' | 'down' | 'none' } {
  const unpriced = change.lines.some((line) => line.unpriced)
  if (isZero(change.delta_per_hour)) return { text: unpriced ? 'no price' : 'no change', direction: 'none' }
  const text = `${format(change.delta_per_hour, change.currency, { sign: 'always' })}/h`
  return { text: unpriced ? `${text} and more` : text, direction: change.delta_per_hour.startsWith('-') ? 'down' : 'up' }
}

/** The steps that a change consists of, as a query and a range. */
export function stepsOf(change: Change, query: string): { q: string; from: string; to: string } {
  const last = Date.parse(change.until ?? change.time)
  return { q: `${query ? `(${query}) ` : ''}${termsOf(change)}`, from: change.time, to: new Date(last + 1000).toISOString() }
}

function termsOf(change: Change): string {
  switch (originOf(change)) {
    case 'call':
      return change.cause?.event_id ? term('event_id', change.cause.event_id) : term('event_name', change.cause?.event_name ?? '')
    case 'prices':
      return term('principal', 'price list')
    case 'unknown':
      return `${term('resource', change.sample[0] ?? '')} ${term('account', change.account)}`
  }
}
