// Whether the screen is a phone's: the breakpoint of the styles.
import { onScopeDispose, ref, type Ref } from 'vue'

export function useNarrow(): Readonly<Ref<boolean>> {
  const query = window.matchMedia('(max-width: 760px)')
  const narrow = ref(query.matches)
  const change = () => (narrow.value = query.matches)
  query.addEventListener('change', change)
  onScopeDispose(() => query.removeEventListener('change', change))
  return narrow
}
