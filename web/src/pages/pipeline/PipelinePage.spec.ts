import { open, problem, serve, settle, type Asked } from '@/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { VueWrapper } from '@vue/test-utils'
import { flowOf, healthOf, rhythmOf, type Stage } from './flow'
import PipelinePage from './PipelinePage.vue'

const NOW = '2026-11-25T10:00:00Z'
const stage = (name: string, sends: string[], more: Partial<Stage> = {}): Stage => ({ name, queue: name, reads: [], writes: [], sends, ready: 0, hidden: 0, delayed: 0, dead: 0, handled: 7, failed: 0, ...more })
const STAGES = [
  stage('ingest', ['events', 'log']), stage('log', ['notify']), stage('describer', ['events'], { cron: '0 * * * *' }), stage('pricing', ['aggregator']),
  stage('events', ['aggregator']), stage('aggregator', ['notify'], { dead: 2, failed: 9, last_error: 'disk <i>full</i>', last_error_at: NOW }), stage('notify', []),
]
const answer = {
  now: NOW, version: 'v1', started: NOW, stages: STAGES, latency: [{ what: 'search', count: 3, p50_seconds: 0.4, p99_seconds: 2.5, max_seconds: 3 }, { what: 'graph', count: 0, p50_seconds: 0, p99_seconds: 0, max_seconds: 0 }],
  lake: { rows: 10, bytes: 2300, parts: 2, fresh_parts: 1 }, backfill: { files: 4, files_done: 1, bytes: 1000, bytes_done: 250, events: 10, eta_seconds: 90 },
  sources: [{ kind: 'logs', place: '/logs', problem: 'permission denied' }], quarantined: 2, conflicts: 0,
}
const letter = (id: string) => ({ id, sent: NOW, died: NOW, receives: 5, reason: 'no space left', body: '{"hour":"<b>"}' })

let page: VueWrapper
let asked: Asked[]
async function show(path = '/pipeline', quarantine: (one: Asked) => { status?: number; body?: unknown } = () => ({ body: { entries: [] } })): Promise<void> {
  asked = serve({
    'GET /v1/pipeline': () => ({ body: answer }),
    'GET /v1/pipeline/quarantine': quarantine,
    'GET /v1/pipeline/queues/aggregator/letters': () => ({ body: { letters: [letter('m1'), letter('m2')] } }),
    'POST /v1/pipeline/queues/aggregator/redrive': ({ body }) => ({ body: { redriven: (body as { ids?: string[] }).ids?.length ?? 2 } }),
  })
  ;({ page } = await open(PipelinePage, path))
}
const posted = () => asked.filter((one) => one.method === 'POST').map((one) => one.body)
afterEach(() => {
  page?.unmount()
  document.body.replaceChildren()
})

describe('the flow', () => {
  it('goes from left to right, without two stages in one place', () => {
    const flow = flowOf(STAGES)
    expect(Object.fromEntries(flow.nodes.map((node) => [node.stage.name, node.column]))).toEqual({ ingest: 0, describer: 0, pricing: 0, log: 1, events: 1, aggregator: 2, notify: 3 })
    expect(flow.edges).toHaveLength(7)
    expect(flow.edges.every(({ from, to }) => from.column < to.column)).toBe(true)
    for (const a of flow.nodes) for (const b of flow.nodes) expect(a === b || a.column !== b.column || Math.abs(a.row - b.row) >= 1).toBe(true)
  })
  it('ends for a circle', () => {
    expect(flowOf([stage('a', ['b']), stage('b', ['a'])]).nodes).toHaveLength(2)
    expect(flowOf([])).toEqual({ nodes: [], edges: [], columns: 1, rows: 1 })
  })
  it.each([
    [{ dead: 1 }, 'bad'], [{ ready: 1, oldest: '2026-11-25T09:58:00Z' }, 'warn'], [{ ready: 1, oldest: '2026-11-25T09:59:30Z' }, 'good'], [{ oldest: '2026-11-25T09:00:00Z' }, 'good'],
  ] as const)('%o is %s', (more, health) => {
    expect(healthOf(stage('x', [], more), Date.parse(NOW))).toBe(health)
  })
  it.each([['0 * * * *', 'hourly, at :00'], ['30 4 * * *', 'daily, at 04:30 UTC'], ['*/5 * * * *', '*/5 * * * *'], ['0 0 1 * *', '0 0 1 * *']])('%s is "%s"', (cron, words) => {
    expect(rhythmOf(cron)).toBe(words)
  })
})

describe('PipelinePage', () => {
  it('shows depths, errors as text, latency against the promise, progress and problems', async () => {
    await show()
    expect(page.findAll('.node').map((one) => one.get('h3').text())).toContain('aggregator')
    expect(page.get('.edges').findAll('path')).toHaveLength(7)
    expect(page.text()).toContain('disk <i>full</i>')
    expect(page.get('[aria-labelledby=latency-title]').text()).toMatch(/p50\s*400 ms.*p99\s*2\.50 s.*no file in the last ten minutes/s)
    expect(page.findAll('.bar.over')).toHaveLength(1)
    expect(page.get('[aria-labelledby=backfill-title]').text()).toMatch(/3 files to read.*25 %.*done in about 1 min 30 s/s)
    expect(page.text()).toContain('permission denied')
    expect(page.text()).toContain('All input could be read')
  })

  it('redrives one letter, or all, only when asked twice', async () => {
    await show()
    await page.findAll('button').find((one) => one.text() === '2 dead')?.trigger('click')
    await settle()
    const panel = page.get('aside')
    expect(panel.text()).toMatch(/no space left.*after 5 attempts.*\{"hour":"<b>"\}/s)
    const press = async (label: string) => {
      await page.get('aside').findAll('button').find((one) => one.text() === label)?.trigger('click')
      await settle()
    }
    await press('Send back')
    expect(posted()).toEqual([])
    await press('Send back')
    expect(posted()).toEqual([{ ids: ['m1'] }])
    expect(panel.text()).toContain('1 letter sent back to aggregator')
    await press('Send all 2 back')
    await press('Send all 2 back')
    expect(posted()).toEqual([{ ids: ['m1'] }, {}])
  })

  it('pages through the quarantine', async () => {
    const entry = (offset: number) => ({ uri: 's3://b/<k>', offset, reason: 'not JSON', excerpt: '<img src=x>' })
    await show('/pipeline', ({ url }) => ({ body: url.searchParams.has('cursor') ? { entries: [entry(2000)] } : { entries: [entry(0)], next: 'c' } }))
    const list = page.get('[aria-labelledby=quarantine-title]')
    expect(list.get('pre').text()).toBe('<img src=x>')
    await list.get('.more button').trigger('click')
    await vi.waitFor(() => expect(list.findAll('li')).toHaveLength(2))
    expect(list.find('.more').exists()).toBe(false)
  })

  it('says what went wrong with the quarantine alone', async () => {
    await show('/pipeline', () => problem(403, 'Not allowed'))
    expect(page.get('[aria-labelledby=quarantine-title]').text()).toContain('Not allowed')
    expect(page.findAll('.node')).toHaveLength(7)
  })
})
