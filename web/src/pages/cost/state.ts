// What the Cost page keeps in the URL, besides the range and the zone.
import { param, useUrlState } from '@/composables/useUrlState'

export function useCostState() {
  return useUrlState({
    /** Fields, separated by commas; "none" for the total. */
    by: param.text('type'),
    step: param.oneOf(['auto', 'hour', 'day', 'month'], 'auto'),
    show: param.oneOf(['auto', 'rate', 'cost', 'sum'], 'auto'),
    view: param.oneOf(['chart', 'table'], 'chart'),
    q: param.text(),
    /** Key of the only series that is shown. */
    only: param.text(),
    /** Order of the list of series. */
    order: param.oneOf(['total', 'name'], 'total'),
    /** The bucket of the side panel: its beginning and end, RFC 3339. */
    at: param.text(),
    until: param.text(),
    /** Key of the series that the panel is about. */
    of: param.text(),
  })
}

export type CostState = ReturnType<typeof useCostState>
