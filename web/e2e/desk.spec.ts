// The suite's own witness: a page that does everything wrong is caught at all
// of it, so that silence elsewhere means something.
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { Desk } from './support/desk.ts'

const WRONG = `<!doctype html><html lang="en"><head><title>Wrong</title></head><body>
<main><h1>Wrong</h1><img src="http://localhost:9/elsewhere.png"><div style="width: 5000px">wide</div>
<script>console.log('inline')</script><script src="/thrown.js"></script></main></body></html>`

let server: Server
let url = ''
beforeAll(async () => {
  server = createServer((request, response) => {
    const script = request.url === '/thrown.js'
    response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html', 'Content-Security-Policy': "script-src 'self'; style-src 'self'" })
    response.end(script ? "console.error('said'); throw new Error('thrown')" : WRONG)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((done) => server.close(done)))

test('a desk notes whatever a page should never do', async () => {
  const browser = await chromium.connect(inject('browser'))
  const desk = new Desk(browser)
  try {
    const page = await desk.open({ url, cookie: '' }, '/', { session: false, mode: 'phone' })
    await page.evaluate(() => document.querySelector('div')?.style.setProperty('width', '5000px'))
    await desk.inspect(page, 'desk')
    const noted = await desk.close().then(() => '', String)
    for (const one of ['uncaught: Error: thrown', 'console: said', 'policy: script-src', 'policy: style-src', 'another origin: http://localhost:9/', 'scrolls sideways', 'axe image-alt']) {
      expect(noted).toContain(one)
    }
  } finally {
    await browser.close()
  }
})

test('what a test provokes is no fault, and nothing else is forgiven', async () => {
  const browser = await chromium.connect(inject('browser'))
  const desk = new Desk(browser)
  try {
    desk.allow(/Error: thrown|policy|Refused|violates|elsewhere|ERR_CONNECTION/)
    await desk.open({ url, cookie: '' }, '/', { session: false })
    await expect(desk.close()).rejects.toThrow(/^1 faults\n.*console: said/)
  } finally {
    await browser.close()
  }
})
