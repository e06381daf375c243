// What opens under a button: Escape and a press outside close it, and the focus
// goes back to where it came from.
import { nextTick, onScopeDispose, ref, watch, type Ref } from 'vue'

export interface Popover {
  open: Ref<boolean>
  toggle: () => void
  close: (returnFocus?: boolean) => void
}

/** root is the element around the button and the panel. */
export function usePopover(root: Readonly<Ref<HTMLElement | null>>, onOpen?: () => void): Popover {
  const open = ref(false)
  let before: HTMLElement | null = null

  function close(returnFocus = true): void {
    if (!open.value) return
    open.value = false
    if (returnFocus) before?.focus()
  }
  const outside = (event: Event) => {
    if (!root.value?.contains(event.target as Node)) close(false)
  }
  const escape = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.preventDefault()
    close()
  }
  const listen = (on: boolean) => {
    const change = on ? document.addEventListener.bind(document) : document.removeEventListener.bind(document)
    change('pointerdown', outside)
    change('keydown', escape as EventListener, true)
    change('focusin', outside)
  }
  watch(open, async (now) => {
    listen(now)
    if (!now) return
    before = document.activeElement as HTMLElement | null
    await nextTick()
    onOpen?.()
  })
  onScopeDispose(() => listen(false))
  return { open, toggle: () => (open.value ? close() : (open.value = true)), close }
}
