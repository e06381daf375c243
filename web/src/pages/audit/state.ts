// What the Audit page keeps in the URL, besides the range and the zone.
import { param, useUrlState } from '@/composables/useUrlState'

export function useAuditState() {
  return useUrlState({
    q: param.text(),
    /** Keys of the columns that are shown; empty for the usual ones. */
    cols: param.list(),
    /** Key of the event in the side panel. */
    sel: param.text(),
    live: param.flag(),
    /** The facets beside the table. */
    facets: param.flag(true),
  })
}

export type AuditState = ReturnType<typeof useAuditState>
