// Which of very many rows of one height are to be drawn. No browser lays out
// an element taller than some 17 million pixels, so that beyond MAX_HEIGHT the
// scroll bar stands for a taller list, and the wheel moves by true pixels.
import { computed, onScopeDispose, ref, watch, type ComputedRef, type Ref } from 'vue'

export const MAX_HEIGHT = 8_000_000
const OVERSCAN = 6

export interface VirtualRows {
  first: ComputedRef<number>
  /** Not included. */
  last: ComputedRef<number>
  /** Of the scrolled content, in pixels. */
  height: ComputedRef<number>
  /** Where the first drawn row is put, in pixels. */
  offset: ComputedRef<number>
  /** Rows that fit. */
  fit: ComputedRef<number>
  scrollTo: (index: number) => void
}

export function useVirtualRows(box: Ref<HTMLElement | undefined>, count: () => number, rowHeight: () => number, header = 32): VirtualRows {
  const position = ref(0) // true pixels from the first row
  const view = ref(600)
  const total = computed(() => count() * rowHeight())
  const height = computed(() => Math.min(total.value, MAX_HEIGHT))
  const room = computed(() => Math.max(1, view.value - header))
  const scale = computed(() => (total.value > height.value ? (total.value - room.value) / (height.value - room.value) : 1))
  const first = computed(() => Math.max(0, Math.floor(position.value / rowHeight()) - OVERSCAN))
  const fit = computed(() => Math.max(1, Math.floor(room.value / rowHeight())))
  const last = computed(() => Math.min(count(), Math.ceil((position.value + room.value) / rowHeight()) + OVERSCAN))
  const offset = computed(() => position.value / scale.value + first.value * rowHeight() - position.value)
  let expected = -1 // the scrollTop that we set ourselves

  function moveTo(pixels: number): void {
    position.value = Math.max(0, Math.min(total.value - room.value, pixels))
    if (!box.value) return
    box.value.scrollTop = position.value / scale.value
    expected = box.value.scrollTop
  }
  function scrolled(): void {
    const top = box.value?.scrollTop ?? 0
    if (Math.abs(top - expected) < 1) return
    expected = -1
    position.value = top * scale.value
  }
  function wheel(event: WheelEvent): void {
    if (scale.value === 1 || event.ctrlKey || event.deltaY === 0) return
    event.preventDefault()
    const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? rowHeight() : event.deltaMode === WheelEvent.DOM_DELTA_PAGE ? room.value : 1
    moveTo(position.value + event.deltaY * unit)
  }
  const observer = new ResizeObserver(([entry]) => {
    if (entry) view.value = entry.contentRect.height
  })
  watch(box, (now, before) => {
    before?.removeEventListener('scroll', scrolled)
    before?.removeEventListener('wheel', wheel)
    observer.disconnect()
    if (!now) return
    now.addEventListener('scroll', scrolled, { passive: true })
    now.addEventListener('wheel', wheel, { passive: false })
    observer.observe(now)
  })
  onScopeDispose(() => observer.disconnect())

  function scrollTo(index: number): void {
    const top = index * rowHeight()
    if (top < position.value) moveTo(top)
    else if (top + rowHeight() > position.value + room.value) moveTo(top + rowHeight() - room.value)
  }
  return { first, last, height, offset, fit, scrollTo }
}
