// The columns of the table of events.
import type { Column } from '@/components/table'
import { formatExact, formatTime } from '@/format/when'
import type { Zone } from '@/format/zone'
import { nameOf } from '@/format/principal'
import { sourceName, whoOf, type AuditEvent } from './event'

type EventColumn = Column<AuditEvent>

export const USUAL: readonly string[] = ['time', 'name', 'source', 'actor', 'account', 'region', 'ip', 'resources', 'error']

const PLAIN: readonly EventColumn[] = [
  { key: 'name', label: 'Name', width: 'minmax(144px, 1.5fr)', min: 144, text: (e) => e.name, title: (e) => e.name },
  { key: 'source', label: 'Source', width: 'minmax(80px, 0.7fr)', min: 80, text: (e) => sourceName(e.source), title: (e) => e.source },
  { key: 'actor', label: 'Actor', width: 'minmax(124px, 1.4fr)', min: 124, text: whoOf, title: (e) => e.principal || e.actor },
  { key: 'account', label: 'Account', width: '104px', min: 104, mono: true, text: (e) => e.account },
  { key: 'region', label: 'Region', width: '100px', min: 100, text: (e) => e.region },
  { key: 'ip', label: 'From', width: 'minmax(108px, 0.9fr)', min: 108, mono: true, text: (e) => e.ip, title: (e) => e.ip },
  { key: 'resources', label: 'Resources', width: 'minmax(104px, 1.3fr)', min: 104, mono: true, text: resourcesText, title: (e) => e.resources.join('\n') },
  { key: 'error', label: 'Error', width: 'minmax(96px, 1.1fr)', min: 96, text: (e) => e.error_code, title: (e) => e.error_message || e.error_code },
  { key: 'principal', label: 'Principal', width: 'minmax(160px, 1.4fr)', min: 160, mono: true, text: (e) => nameOf(e.principal), title: (e) => e.principal },
  { key: 'actor_type', label: 'Kind of actor', width: '124px', min: 124, text: (e) => e.actor_type },
  { key: 'read_only', label: 'Reads or writes', width: '120px', min: 120, text: (e) => (e.read_only ? 'Read' : 'Write') },
  { key: 'user_agent', label: 'User agent', width: 'minmax(160px, 1.6fr)', min: 160, text: (e) => e.user_agent, title: (e) => e.user_agent },
  { key: 'access_key', label: 'Access key', width: '184px', min: 184, mono: true, text: (e) => e.access_key },
  { key: 'event_id', label: 'Event ID', width: '300px', min: 300, mono: true, text: (e) => e.event_id },
]

/** All columns in their order, for the menu. */
export const COLUMNS: readonly { key: string; label: string }[] = [{ key: 'time', label: 'Time' }, ...PLAIN.map(({ key, label }) => ({ key, label }))]

function resourcesText(event: AuditEvent): string {
  const [first = '', ...rest] = event.resources
  return rest.length > 0 ? `${nameOf(first)} +${rest.length}` : nameOf(first)
}

/** "11-03 14:05:09", with the year where it is not this one. */
export function shortTime(time: string, zone: Zone, year: string): string {
  const text = formatTime(time, zone)
  return text.startsWith(`${year}-`) ? text.slice(5) : text
}

/**
 * Columns by their keys, in their own order; the usual ones where none is
 * known. year is this one, and old says that there may be events of others.
 */
export function columnsOf(keys: readonly string[], zone: Zone, year: string, old: boolean): EventColumn[] {
  const width = old ? 152 : 118
  const time: EventColumn = { key: 'time', label: 'Time', width: `${width}px`, min: width, mono: true, text: (e) => shortTime(e.time, zone, year), title: (e) => formatExact(e.time, zone) }
  const all = [time, ...PLAIN]
  const known = all.filter((column) => keys.includes(column.key))
  return known.length > 0 ? known : all.filter((column) => USUAL.includes(column.key))
}

/** Two lines in one column: for narrow screens. */
export const SUMMARY: readonly EventColumn[] = [{ key: 'summary', label: 'Events', width: 'minmax(0, 1fr)', min: 0 }]

/** The keys after one was ticked or not; [] for the usual ones. */
export function toggled(keys: readonly string[], key: string): string[] {
  const shown = keys.length > 0 ? keys : USUAL
  const next = COLUMNS.map((column) => column.key).filter((one) => (one === key ? !shown.includes(one) : shown.includes(one)))
  return next.join() === USUAL.join() ? [] : next
}

/** Failures are marked, and calls that only read are quieter. */
export function rowClass(event: AuditEvent): string {
  return `${event.error_code ? 'failed' : ''} ${event.read_only ? 'quiet' : ''}`.trim()
}
