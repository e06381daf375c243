// Colours for canvases, which know no CSS variables: tokens, as they are in the
// theme that holds now.
import { useTheme } from './useTheme'
import { computed, type ComputedRef } from 'vue'

/** Resolves "--series-1" and the like to rgb(); read again when the theme changes. */
export function resolveColors<K extends string>(tokens: readonly K[], host: HTMLElement = document.body): Record<K, string> {
  const probe = document.createElement('span')
  probe.style.setProperty('transition', 'none') // else it would still show the colour before
  host.append(probe)
  const colors = {} as Record<K, string>
  for (const token of tokens) {
    probe.style.setProperty('color', `var(${token})`)
    colors[token] = getComputedStyle(probe).color
  }
  probe.remove()
  return colors
}

export function useResolvedColors<K extends string>(tokens: readonly K[]): ComputedRef<Record<K, string>> {
  const { dark } = useTheme()
  return computed(() => {
    void dark.value
    return resolveColors(tokens)
  })
}
