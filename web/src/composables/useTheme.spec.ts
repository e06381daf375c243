import { beforeEach, expect, it, vi } from 'vitest'
import { createTheme } from './useTheme'

let system: { matches: boolean; change: (event: { matches: boolean }) => void }
const root = document.createElement('html')

beforeEach(() => {
  localStorage.clear()
  delete root.dataset['theme']
  system = { matches: false, change: () => {} }
  vi.spyOn(window, 'matchMedia').mockImplementation(
    () => ({ matches: system.matches, addEventListener: (_: string, run: typeof system.change) => (system.change = run) }) as unknown as MediaQueryList,
  )
})

it('follows the system until somebody chooses', () => {
  const { theme, dark, cycle } = createTheme(root)
  expect([theme.value, dark.value, root.dataset['theme']]).toEqual(['system', false, undefined])
  system.change({ matches: true })
  expect(dark.value).toBe(true)
  cycle()
  expect([theme.value, dark.value, root.dataset['theme'], localStorage.getItem('kopter.theme')]).toEqual(['light', false, 'light', 'light'])
  theme.value = 'system'
  expect([dark.value, root.dataset['theme'], localStorage.getItem('kopter.theme')]).toEqual([true, undefined, null])
})

it('remembers, and ignores what it does not know', () => {
  localStorage.setItem('kopter.theme', 'dark')
  expect(createTheme(root).dark.value).toBe(true)
  localStorage.setItem('kopter.theme', 'pink')
  expect(createTheme(root).theme.value).toBe('system')
})
