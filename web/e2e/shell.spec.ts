// What is around every page: navigation, keys, help, theme, and a narrow screen.
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { settled } from './support/desk.ts'
import { tabTo } from './support/keys.ts'
import { test } from './support/test.ts'

const PLACES = [
  ['a', 'Audit', '/audit'],
  ['i', 'Inventory', '/inventory'],
  ['o', 'Accounts', '/accounts'],
  ['p', 'Pipeline', '/pipeline'],
  ['n', 'Alerts', '/notifications'],
  ['c', 'Cost', '/'],
] as const

test('two keys lead to every page, and range and zone come along', async ({ desk, demo }) => {
  const page = await desk.open(demo, '/?from=now-24h&zone=Europe%2FBerlin&by=region')
  await settled(page)
  for (const [key, title, path] of PLACES) {
    await page.keyboard.press('g')
    await page.keyboard.press(key)
    await page.getByRole('heading', { level: 1, name: title }).waitFor()
    const at = new URL(page.url())
    expect(at.pathname).toBe(path)
    expect(Object.fromEntries(at.searchParams)).toEqual({ from: 'now-24h', zone: 'Europe/Berlin' })
    expect(await page.title()).toBe(`${title} · Kopter`)
    expect(await page.getByRole('link', { name: title }).first().getAttribute('aria-current')).toBe('page')
    await settled(page)
  }
})

test('keys that are typed into a field stay there', async ({ desk, demo }) => {
  const page = await desk.open(demo, '/audit')
  await settled(page)
  await page.keyboard.press('/')
  await page.keyboard.type('go?')
  expect(await page.getByRole('combobox').inputValue()).toBe('go?')
  expect(await page.getByRole('dialog', { name: 'Keyboard' }).isVisible()).toBe(false)
})

test('the help lists the keys of the page, keeps the focus and gives it back', async ({ desk, demo }) => {
  const page = await desk.open(demo, '/')
  await settled(page)
  const button = page.getByRole('button', { name: 'Keyboard help' })
  await tabTo(page, button)
  await page.keyboard.press('Enter')
  const help = page.getByRole('dialog', { name: 'Keyboard' })
  await help.waitFor()
  for (const label of ['Go to Audit', 'Show this help', 'Choose the time range', 'Choose what the graph is grouped by']) await help.getByText(label, { exact: true }).waitFor()
  await desk.inspect(page, 'help')
  await page.keyboard.press('Escape')
  await help.waitFor({ state: 'hidden' })
  expect(await button.evaluate((element) => element === document.activeElement)).toBe(true)
  await page.keyboard.press('?')
  await help.waitFor()
})

test('the skip link leads past the navigation', async ({ desk, demo }) => {
  const page = await desk.open(demo, '/')
  await settled(page)
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
})

test('a theme that is chosen holds for the next visit, before the first paint', async ({ desk, demo }) => {
  const page = await desk.open(demo, '/')
  await settled(page)
  const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
  const light = await paper()
  await page.keyboard.press('t')
  await expect.poll(paper).not.toBe(light)
  const dark = await paper()
  await page.reload({ waitUntil: 'commit' })
  await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark')
  await settled(page)
  expect(await paper()).toBe(dark)
})

test('on a phone everything is in reach: no overlap, no target below 24 px', async ({ desk, demo }) => {
  const page = await desk.open(demo, '/', { mode: 'phone' })
  for (const [, title, path] of PLACES) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: title }).tap()
    await page.waitForURL((url) => url.pathname === path)
    await settled(page)
    expect(await overlaps(page), title).toEqual([])
    expect(await tooSmall(page), title).toEqual([])
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight))
    expect(await coveredAtEnd(page), title).toBe(false)
  }
})

/** Headline and controls of a page that lie on each other. */
function overlaps(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const shown = [...document.querySelectorAll<HTMLElement>('main :is(h1, h2, button, a, input, select)')].filter((one) => one.checkVisibility() && !one.closest('.visually-hidden, [role="grid"], [role="application"]'))
    const boxes = shown.map((one) => ({ one, box: one.getBoundingClientRect() })).filter(({ box }) => box.width > 1 && box.height > 1)
    const found: string[] = []
    boxes.forEach((a, i) => {
      for (const b of boxes.slice(i + 1)) {
        if (a.one.contains(b.one) || b.one.contains(a.one)) continue
        const wide = Math.min(a.box.right, b.box.right) - Math.max(a.box.left, b.box.left)
        const high = Math.min(a.box.bottom, b.box.bottom) - Math.max(a.box.top, b.box.top)
        // A button within a field, such as the one that clears it, lies on it by intent.
        if (wide > 2 && high > 2 && a.one.tagName !== 'INPUT' && b.one.tagName !== 'INPUT') found.push(`${a.one.outerHTML.slice(0, 80)} and ${b.one.outerHTML.slice(0, 80)}`)
      }
    })
    return found
  })
}

/** What can be touched and is smaller than 24 × 24 px; links in running text may be. */
function tooSmall(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, select, input, summary, nav a')]
      .filter((one) => one.checkVisibility() && !one.classList.contains('visually-hidden'))
      .map((one) => ({ one, box: one.getBoundingClientRect() }))
      .filter(({ box }) => box.width > 0 && (box.width < 23.5 || box.height < 23.5))
      .map(({ one, box }) => `${Math.round(box.width)} × ${Math.round(box.height)}: ${one.outerHTML.slice(0, 120)}`),
  )
}

/** Whether the bar at the bottom lies on the last of the page. */
function coveredAtEnd(page: Page): Promise<boolean> {
  return page.evaluate(() => {
    const bar = document.querySelector('nav[aria-label="Pages"]')?.getBoundingClientRect().top ?? Infinity
    const last = [...document.querySelectorAll<HTMLElement>('main *')].filter((one) => one.checkVisibility() && one.textContent !== '' && !one.closest('.visually-hidden, aside')).at(-1)
    return (last?.getBoundingClientRect().bottom ?? 0) > bar
  })
}
