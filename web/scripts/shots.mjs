// Builds the gallery, serves it and the app under the real content security
// policy, takes pictures into shots/, and fails on a CSP report, a script error
// or a finding of axe.
import { execFileSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'
import { CSP } from './csp.mjs'

const web = fileURLToPath(new URL('..', import.meta.url))
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' }
const CASES = [
  { name: 'light', width: 1280, height: 800, colorScheme: 'light' },
  { name: 'dark', width: 1280, height: 800, colorScheme: 'dark' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light' },
]
// A pattern on the command line chooses pictures: npm run shots -- hover-dark
const ONLY = process.argv[2] ? new RegExp(process.argv[2]) : undefined
const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

function serve(root, answer) {
  const server = createServer(async (request, response) => {
    const path = normalize(new URL(request.url, 'http://x').pathname)
    if (path.startsWith('/v1/')) return answer(path, response)
    const file = extname(path) ? path : '/index.html'
    try {
      const body = await readFile(join(root, file))
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': CSP })
      response.end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done({ url: `http://127.0.0.1:${server.address().port}`, close: () => server.close() })))
}

const problems = []

async function shoot(browser, base, name, path, act) {
  for (const one of CASES.filter((known) => !ONLY || ONLY.test(`${name}-${known.name}`))) {
    const context = await browser.newContext({ viewport: { width: one.width, height: one.height }, colorScheme: one.colorScheme, reducedMotion: 'reduce', bypassCSP: false })
    const page = await context.newPage()
    const where = `${name} ${one.name}`
    page.on('pageerror', (error) => problems.push(`${where}: ${error.message}`))
    page.on('console', (message) => {
      if (message.type() === 'error' && /policy|Trusted/i.test(message.text())) problems.push(`${where}: ${message.text()}`)
    })
    await page.goto(base + path)
    await page.waitForTimeout(500)
    if (act) await act(page)
    await page.waitForTimeout(150)
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
    if (wide > 0) problems.push(`${where}: the page scrolls sideways by ${wide} px`)
    await page.screenshot({ path: join(web, 'shots', `${name}-${one.name}.png`), fullPage: !act })
    await axe(page, where)
    await context.close()
  }
}

async function axe(page, where) {
  // The policy refuses injected scripts, so that axe comes in through the protocol.
  await page.evaluate(await readFile(axePath, 'utf8'))
  const found = await page.evaluate(() => globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }))
  for (const violation of found.violations) {
    problems.push(`${where}: axe ${violation.id}: ${violation.nodes.slice(0, 3).map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`)
  }
}

async function expectLog(page, pattern) {
  const text = await page.locator('#log').innerText()
  if (!pattern.test(text)) problems.push(`the gallery says "${text}" where ${pattern} was expected`)
}

// What happy-dom cannot show: a canvas that is dragged over, clicked and read.
async function actOnChart(page) {
  const plot = page.locator('.u-over')
  const box = await plot.boundingBox()
  await page.mouse.move(box.x + 60, box.y + 80)
  await page.mouse.down()
  await page.mouse.move(box.x + 160, box.y + 90, { steps: 4 })
  await page.mouse.up()
  await expectLog(page, /^range 2025-1\d-\S+Z 2025-1\d-\S+Z/)
  await plot.click({ position: { x: 100, y: (await plot.boundingBox()).height - 20 } })
  await expectLog(page, /^step .*"key":"production"/)
  await page.getByRole('application', { name: 'Cost per hour by account' }).focus()
  await page.keyboard.press('End')
  await page.keyboard.press('Enter')
  await expectLog(page, /^step .*"end":1764028800000/)
  await page.getByRole('button', { name: 'ml-training' }).first().click()
}

async function scrollTable(page) {
  const grid = page.getByRole('grid')
  await grid.scrollIntoViewIfNeeded()
  await grid.focus()
  await page.keyboard.press('End')
  if (!(await page.getByRole('row', { selected: true }).getAttribute('aria-rowindex'))?.startsWith('1000001')) problems.push('End does not reach the last of a million rows')
  await grid.hover()
  await page.mouse.wheel(0, -3200)
}

function unknown(path, response) {
  const session = { tenant: 'local', name: 'you', version: 'dev', demo: true }
  const now = new Date().toISOString()
  const body = path === '/v1/session' ? session : path === '/v1/accounts' ? { now, accounts: [{ account: '111122223333', last: now, lag_seconds: 4, running: 3, rates: [], regions: [] }] } : undefined
  response.writeHead(body ? 200 : 503, { 'Content-Type': body ? 'application/json' : 'application/problem+json' })
  response.end(JSON.stringify(body ?? { type: 'about:blank', title: 'Not served here', status: 503, detail: 'This server has only the shell.' }))
}

execFileSync('npx', ['vite', 'build', '--config', 'gallery/vite.config.ts', '--logLevel', 'warn'], { cwd: web, stdio: 'inherit' })
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium' })
const gallery = await serve(join(web, 'shots/gallery'), unknown)
const app = await serve(join(web, 'dist'), unknown)
try {
  await shoot(browser, gallery.url, 'gallery', '/')
  await shoot(browser, gallery.url, 'picker', '/', (page) => page.getByRole('button', { name: /Last 7 days/ }).click())
  await shoot(browser, gallery.url, 'panel', '/', (page) => page.getByRole('button', { name: 'Open the panel' }).click())
  await shoot(browser, gallery.url, 'query', '/', async (page) => {
    await page.getByRole('combobox', { name: 'Query' }).fill('actor:')
    await page.waitForTimeout(300)
    await page.keyboard.press('ArrowDown')
  })
  await shoot(browser, gallery.url, 'hover', '/', (page) => page.locator('.u-over').hover({ position: { x: 200, y: 100 } }))
  await shoot(browser, gallery.url, 'act', '/', actOnChart)
  await shoot(browser, gallery.url, 'scroll', '/', scrollTable)
  await shoot(browser, app.url, 'shell', '/')
  await shoot(browser, app.url, 'help', '/', (page) => page.keyboard.press('?'))
  await shoot(browser, app.url, 'signin', '/signin')
} finally {
  await browser.close()
  gallery.close()
  app.close()
}
for (const problem of problems) console.error(problem)
console.log(`${problems.length} problems; pictures are in shots/`)
process.exit(problems.length ? 1 : 0)
