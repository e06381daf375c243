// Light, dark, or what the system says. public/theme.js applies the choice
// before the first paint; here it is changed.
import { computed, ref, type ComputedRef, type Ref } from 'vue'

export type Theme = 'system' | 'light' | 'dark'

const KEY = 'kopter.theme'

export interface ThemeControl {
  theme: Ref<Theme>
  dark: ComputedRef<boolean>
  cycle: () => void
}

export function createTheme(root: HTMLElement = document.documentElement): ThemeControl {
  const media = window.matchMedia('(prefers-color-scheme: dark)')
  const systemDark = ref(media.matches)
  media.addEventListener('change', (event) => (systemDark.value = event.matches))
  const chosen = ref<Theme>(stored())
  const theme = computed({ get: () => chosen.value, set: choose })
  const dark = computed(() => (chosen.value === 'system' ? systemDark.value : chosen.value === 'dark'))

  function choose(next: Theme): void {
    chosen.value = next
    if (next === 'system') delete root.dataset['theme']
    else root.dataset['theme'] = next
    store(next)
  }

  return { theme, dark, cycle: () => choose(dark.value ? 'light' : 'dark') }
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}

function store(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem(KEY)
    else localStorage.setItem(KEY, theme)
  } catch {
    // Without storage the choice holds for this page.
  }
}

let shared: ThemeControl | undefined

/** The one control of the page; `dark` also tells canvases when to repaint. */
export function useTheme(): ThemeControl {
  shared ??= createTheme()
  return shared
}
