// What the Inventory page keeps in the URL, besides the zone.
import { param, useUrlState } from '@/composables/useUrlState'

/** Columns that the server sorts by. */
export const SORTS = ['rate', 'since', 'resource', 'account', 'region', 'type', 'state', 'principal'] as const
export const GROUPS = ['actor', 'account', 'type', 'region'] as const

export function useInventoryState() {
  return useUrlState({
    q: param.text(),
    /** The moment as typed; empty is now, which moves on. */
    at: param.text(),
    sort: param.oneOf(SORTS, 'rate'),
    order: param.oneOf(['asc', 'desc'], 'desc'),
    by: param.oneOf(GROUPS, 'actor'),
    /** Keys of the tags that have columns. */
    tags: { ...param.list(), initial: ['Name'] as readonly string[] },
    /** Key of the selected row. */
    sel: param.text(),
  })
}

export type InventoryState = ReturnType<typeof useInventoryState>
