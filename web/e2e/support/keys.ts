// Getting about without a pointer.
import type { Locator, Page } from 'playwright-core'

/** More stops than any page has on the way to what a test wants. */
const STOPS = 200

/** Presses Tab until target has the focus, as somebody without a mouse does. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor()
  for (let i = 0; i < STOPS; i++) {
    if (await target.evaluate((element) => element === document.activeElement)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`${STOPS} stops of the Tab key do not reach ${target}`)
}

/** Drags over an element, from and to as parts of its width. */
export async function dragOver(page: Page, target: Locator, from: number, to: number): Promise<void> {
  const box = await target.boundingBox()
  if (!box) throw new Error(`${target} is not visible`)
  const y = box.y + box.height / 2
  await page.mouse.move(box.x + box.width * from, y)
  await page.mouse.down()
  await page.mouse.move(box.x + (box.width * (from + to)) / 2, y, { steps: 3 })
  await page.mouse.move(box.x + box.width * to, y, { steps: 3 })
  await page.mouse.up()
}
