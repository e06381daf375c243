// The range and zone of a page, kept in the URL as typed.
import { computed, ref, watch, type ComputedRef, type Ref, type WritableComputedRef } from 'vue'
import {
  fromInstants,
  isRelative,
  rangeParams,
  resolveRange,
  shiftRange,
  zoomRange,
  type ResolvedRange,
  type TimeRange,
} from '@/format/range'
import { isZone, type Zone } from '@/format/zone'
import { useNow } from './useNow'
import { param, useUrlState, type Param } from './useUrlState'

export interface TimeRangeState {
  range: ComputedRef<TimeRange>
  zone: WritableComputedRef<Zone>
  /** The instants; those of the default where the URL's text makes no sense. */
  resolved: ComputedRef<ResolvedRange>
  error: ComputedRef<string>
  /** from and to for the API; from is left out for all time. */
  params: ComputedRef<{ from?: string; to: string }>
  now: Readonly<Ref<number>>
  set: (range: TimeRange) => void
  /** Milliseconds; pushes, so that Back zooms out again. */
  select: (start: number, end: number) => void
  shift: (direction: -1 | 1) => void
  zoom: (factor: number) => void
  /** Reads the clock again. */
  refresh: () => void
}

const zoneParam: Param<Zone> = { read: (text) => (isZone(text) ? text : null), write: String, initial: 'utc' }

export function useTimeRange(initial: TimeRange = { from: 'now-7d', to: 'now' }, every = 30_000): TimeRangeState {
  const { refs, push } = useUrlState({ from: param.text(initial.from), to: param.text(initial.to), zone: zoneParam })
  const clock = useNow(every)
  const range = computed(() => ({ from: refs.from.value, to: refs.to.value }))
  // Absolute ranges do not move with the clock, nor do the requests made of them.
  const anchor = ref(clock.now.value)
  watch(clock.now, (now) => {
    if (isRelative(range.value)) anchor.value = now
  })
  watch(range, () => clock.refresh())

  const outcome = computed(() => {
    const at = isRelative(range.value) ? Math.max(anchor.value, clock.now.value) : anchor.value
    try {
      return { resolved: resolveRange(range.value, refs.zone.value, at), error: '' }
    } catch (error) {
      return { resolved: resolveRange(initial, refs.zone.value, at), error: (error as Error).message }
    }
  })
  const resolved = computed(() => outcome.value.resolved)
  const goTo = (next: ResolvedRange) => push(fromInstants(next.start, next.end))

  return {
    range,
    zone: refs.zone,
    resolved,
    error: computed(() => outcome.value.error),
    params: computed(() => rangeParams(resolved.value)),
    now: clock.now,
    set: (next) => push(next),
    select: (start, end) => goTo({ start: Math.min(start, end), end: Math.max(start, end), all: false }),
    shift: (direction) => goTo(shiftRange(resolved.value, direction, clock.now.value)),
    zoom: (factor) => goTo(zoomRange(resolved.value, factor, clock.now.value)),
    refresh: clock.refresh,
  }
}
