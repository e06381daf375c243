// Words of notifications, and where they lead.
import type { Schemas } from '@/api/client'
import type { IconName } from '@/components/Icon.vue'
import { isoInstant } from '@/format/range'
import { term } from '@/format/query'

export type Notification = Schemas['Notification']

export const KINDS: Readonly<Record<Notification['kind'], { label: string; icon: IconName }>> = {
  'cost-step': { label: 'Cost', icon: 'cost' },
  quarantine: { label: 'Unreadable input', icon: 'warning' },
  conflict: { label: 'Conflict', icon: 'audit' },
  'dead-letter': { label: 'Dead letter', icon: 'pipeline' },
  silence: { label: 'Silence', icon: 'clock' },
  unpriced: { label: 'No price', icon: 'cost' },
}

export const SEVERITY: Readonly<Record<Notification['severity'], { label: string; look: string }>> = {
  info: { label: 'Info', look: '' },
  warning: { label: 'Warning', look: 'warn' },
  critical: { label: 'Critical', look: 'bad' },
}

export interface Link {
  label: string
  to: { name: string; params?: Record<string, string>; query: Record<string, string> }
}

const AROUND = 6 * 3_600_000 // milliseconds before and after, on the Cost page

/** Where to look on; kept are the parameters that go along. */
export function linksOf(one: Notification, kept: Readonly<Record<string, string>>): Link[] {
  const account: Record<string, string> = one.account ? { account: one.account } : {}
  const links: Link[] = []
  if (one.event_id) links.push({ label: 'Event', to: { name: 'event', params: { id: one.event_id }, query: { ...kept, ...account } } })
  if (one.resource) links.push({ label: one.resource, to: { name: 'resource', params: { resource: one.resource }, query: { ...kept, ...account } } })
  if (one.kind === 'cost-step' || one.kind === 'unpriced') links.push({ label: 'Cost at that time', to: { name: 'cost', query: { ...kept, ...around(one.time), ...(one.account ? { q: term('account', one.account) } : {}) } } })
  if (one.kind === 'quarantine' || one.kind === 'dead-letter') links.push({ label: 'Pipeline', to: { name: 'pipeline', query: { ...kept } } })
  if (one.kind === 'silence') links.push({ label: 'Accounts', to: { name: 'accounts', query: { ...kept, ...(one.account ? { find: one.account } : {}) } } })
  if (one.principal) links.push({ label: 'All that they did', to: { name: 'audit', query: { ...kept, ...around(one.time), q: term('principal', one.principal) } } })
  return links
}

function around(time: string): { from: string; to: string } {
  const at = Math.floor(Date.parse(time) / 1000) * 1000
  return { from: isoInstant(at - AROUND), to: isoInstant(at + AROUND) }
}

export function neighbour(all: readonly Notification[], id: string, by: 1 | -1): Notification | undefined {
  const at = all.findIndex((one) => one.id === id)
  return at < 0 ? undefined : all[at + by]
}
