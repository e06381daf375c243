// A desk is where a test looks at pages. Whatever a page should never do is
// noted while the test runs, and fails it at the end.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Browser, BrowserContext, Download, Page } from 'playwright-core'
import type axe from 'axe-core'
import { ROOT, type Served } from './kopter.ts'

/** How a page is looked at. */
export const MODES = {
  light: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light', hasTouch: true, isMobile: true },
} as const
export type Mode = keyof typeof MODES

export interface LookOptions {
  mode?: Mode
  /** The browser's own time zone. */
  timezone?: string
  /** Signed in; true by default. */
  session?: boolean
}

const SHOTS = join(ROOT, 'web/shots')
const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js')
/** All of WCAG 2.2 A and AA, and what axe calls good habits. */
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice']

export class Desk {
  private readonly browser: Browser
  private readonly contexts: BrowserContext[] = []
  private readonly faults: string[] = []
  private readonly allowed: RegExp[] = []

  constructor(browser: Browser) {
    this.browser = browser
  }

  /** A page of its own browser, signed in unless options say otherwise. */
  async open(served: Served, path: string, options: LookOptions = {}): Promise<Page> {
    const mode = options.mode ?? 'light'
    const context = await this.browser.newContext({
      ...MODES[mode],
      baseURL: served.url,
      reducedMotion: 'reduce',
      timezoneId: options.timezone ?? 'UTC',
      locale: 'en-GB',
      permissions: ['clipboard-read', 'clipboard-write'],
    })
    this.contexts.push(context)
    context.setDefaultTimeout(20_000)
    if (options.session !== false) await context.addCookies([cookieOf(served)])
    await this.watch(context, served.url, `${path} ${mode}`)
    const page = await context.newPage()
    await page.goto(path)
    return page
  }

  /** What this test provokes: a fault that fits is none. */
  allow(pattern: RegExp): void {
    this.allowed.push(pattern)
  }

  /** A picture of a page that has come to rest, and what axe says of it. */
  async inspect(page: Page, name: string): Promise<void> {
    await settled(page)
    await page.evaluate(() => window.scrollTo(0, 0))
    await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: true })
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) this.note(name, `the document scrolls sideways by ${wide} px`)
    for (const finding of await findings(page)) this.note(name, finding)
  }

  /** Closes all pages, and throws what was noted. */
  async close(): Promise<void> {
    await Promise.all(this.contexts.map((context) => context.close()))
    if (this.faults.length > 0) throw new Error(`${this.faults.length} faults\n${[...new Set(this.faults)].join('\n')}`)
  }

  private async watch(context: BrowserContext, origin: string, where: string): Promise<void> {
    context.on('weberror', (error) => this.note(where, `uncaught: ${error.error().stack ?? error.error().message}`))
    context.on('console', (message) => {
      if (message.type() === 'error') this.note(where, `console: ${message.text()} (${message.location().url})`)
    })
    context.on('request', (request) => {
      if (new URL(request.url()).origin !== origin) this.note(where, `a request to another origin: ${request.url()}`)
    })
    // A report of the policy becomes an error of the console, which is heard.
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`policy: ${event.violatedDirective} refused ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber} ${event.sample}`)
      })
    })
  }

  private note(where: string, what: string): void {
    if (!this.allowed.some((pattern) => pattern.test(what))) this.faults.push(`${where}: ${what}`)
  }
}

function cookieOf(served: Served): { name: string; value: string; url: string } {
  const [name = '', value = ''] = served.cookie.split('=')
  return { name, value, url: served.url }
}

/** Waits until the page shows what it asked for. */
export async function settled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).first().waitFor()
  await page.waitForFunction(() => document.querySelector('main [aria-busy="true"]') === null)
}

/** What a download holds. */
export async function textOf(download: Download): Promise<string> {
  return text(await download.createReadStream())
}

async function findings(page: Page): Promise<string[]> {
  // The policy refuses injected scripts; axe comes in as the debugger's.
  await page.evaluate(await readFile(AXE, 'utf8'))
  const result = await page.evaluate((tags) => (globalThis as unknown as { axe: typeof axe }).axe.run({ runOnly: tags, resultTypes: ['violations'] }), RULES)
  return result.violations.map((found) => `axe ${found.id}: ${found.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.failureSummary ?? ''}`).join(' | ')}`)
}
