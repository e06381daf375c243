// The columns of the inventory, of which tags can have some of their own.
import type { Schemas } from '@/api/client'
import type { Column } from '@/components/table'
import { formatDuration } from '@/format/when'
import { nameOf } from '@/format/principal'

export type Instance = Schemas['Instance']

export const TAG = 'tag.'

export function keyOf(row: Instance): string {
  return `${row.account}/${row.resource}`
}

/** Since when it is in its state, in seconds before the moment that is shown. */
export function ageOf(row: Instance, at: number): number {
  return Math.max(0, (at - Date.parse(row.since)) / 1000)
}

export function ownerOf(row: Instance): string {
  return row.actor || nameOf(row.principal)
}

export function columnsOf(tags: readonly string[], at: number): Column<Instance>[] {
  return [
    { key: 'resource', label: 'Resource', width: '186px', min: 186, mono: true, sortable: true },
    ...tags.map((key) => ({ key: TAG + key, label: key, width: 'minmax(120px, 1.2fr)', min: 120, text: (row: Instance) => row.tags[key] ?? '', title: (row: Instance) => row.tags[key] ?? '' })),
    { key: 'type', label: 'Type', width: 'minmax(116px, 1fr)', min: 116, mono: true, sortable: true, text: (row) => row.type },
    { key: 'state', label: 'State', width: '92px', min: 92, sortable: true },
    { key: 'rate', label: 'Cost/h', width: '104px', min: 104, align: 'right', sortable: true, descendingFirst: true, title: (row) => row.unpriced ?? '' },
    { key: 'since', label: 'For', width: '104px', min: 104, align: 'right', sortable: true, text: (row) => formatDuration(ageOf(row, at)) },
    { key: 'principal', label: 'Owner', width: 'minmax(140px, 1.4fr)', min: 140, sortable: true, text: ownerOf, title: (row) => row.principal },
    { key: 'account', label: 'Account', width: '122px', min: 122, mono: true, sortable: true, text: (row) => row.account },
    { key: 'region', label: 'Region', width: '116px', min: 116, sortable: true, text: (row) => row.region, title: (row) => row.zone },
  ]
}

/** Keys of tags by how many rows have them. */
export function tagKeys(rows: readonly Instance[]): string[] {
  const counts = new Map<string, number>()
  for (const row of rows) for (const key of Object.keys(row.tags)) counts.set(key, (counts.get(key) ?? 0) + 1)
  return [...counts].toSorted((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).map(([key]) => key)
}
