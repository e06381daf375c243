// The clock of the page: one place that asks for the time, so that tests can
// stop it and hidden tabs do not tick.
import { onScopeDispose, readonly, ref, type Ref } from 'vue'

/** Now in milliseconds, moved on every so often while the page is visible. */
export function useNow(every = 10_000): { now: Readonly<Ref<number>>; refresh: () => void } {
  const now = ref(Date.now())
  const refresh = () => {
    now.value = Date.now()
  }
  const tick = () => {
    if (!document.hidden) refresh()
  }
  const timer = setInterval(tick, every)
  document.addEventListener('visibilitychange', tick)
  onScopeDispose(() => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', tick)
  })
  return { now: readonly(now), refresh }
}
