import { afterEach, describe, expect, it, vi } from 'vitest'
import { effectScope, ref, type EffectScope } from 'vue'
import { ApiError } from '@/api/error'
import type { Schemas } from '@/api/client'
import { event, events, numbered } from './fixture'
import { mergeNewest, useEventList, type Asked } from './useEventList'

type Page = Schemas['EventPage']
let scope: EffectScope
afterEach(() => scope.stop())

/** A log of n events, whose pages are answered when settle is called. */
function setUp(n: number, most = 1000) {
  const log = events(n)
  const asked = ref<Asked>({ q: '', to: '2026-11-04T00:00:00Z' })
  const calls: { asked: Asked; limit: number; cursor: string | undefined; signal: AbortSignal; resolve: (page: Page) => void; reject: (error: unknown) => void }[] = []
  const fetch = (question: Asked, limit: number, cursor: string | undefined, signal: AbortSignal) =>
    new Promise<Page>((resolve, reject) => calls.push({ asked: question, limit, cursor, signal, resolve, reject }))
  scope = effectScope()
  const list = scope.run(() => useEventList(asked, fetch, most)) as ReturnType<typeof useEventList>
  async function settle(): Promise<void> {
    const call = calls.at(-1)
    if (!call) throw new Error('nothing was asked')
    const from = Number(call.cursor ?? 0)
    const to = from + call.limit
    call.resolve({ events: log.slice(from, to), ...(to < n ? { next: String(to) } : {}) })
    await vi.waitFor(() => expect(list.loading.value || list.loadingMore.value).toBe(false))
  }
  return { asked, list, calls, settle }
}
const ids = (rows: readonly { event_id: string }[]) => rows.map((row) => row.event_id)

describe('the list of events', () => {
  it('comes page by page, each once, the first one small', async () => {
    const { list, calls, settle } = setUp(700)
    await settle()
    expect([list.rows.value.length, list.more.value]).toEqual([100, true])
    list.loadMore()
    list.loadMore()
    expect(calls).toHaveLength(2)
    await settle()
    list.loadMore()
    await settle()
    expect(calls.map((call) => [call.limit, call.cursor])).toEqual([
      [100, undefined],
      [500, '100'],
      [500, '600'],
    ])
    expect([list.rows.value.length, list.more.value, list.full.value]).toEqual([700, false, false])
    list.loadMore()
    expect(calls).toHaveLength(3)
  })

  it('keeps old rows until the answer to a new question, and forgets late answers', async () => {
    const { asked, list, calls, settle } = setUp(5)
    await settle()
    asked.value = { ...asked.value, q: 'a' }
    await vi.waitFor(() => expect(calls).toHaveLength(2))
    expect([list.loading.value, list.rows.value.length]).toEqual([true, 5])
    asked.value = { ...asked.value, q: 'b' }
    await vi.waitFor(() => expect(calls).toHaveLength(3))
    expect(calls[1]?.signal.aborted).toBe(true)
    calls[1]?.resolve({ events: [event({ event_id: 'late' })] })
    calls[2]?.resolve({ events: [event({ event_id: 'right' })] })
    await vi.waitFor(() => expect(ids(list.rows.value)).toEqual(['right']))
  })

  it('keeps what it has when a page fails, and does not ask again by itself', async () => {
    const { list, calls, settle } = setUp(700)
    await settle()
    list.loadMore()
    calls.at(-1)?.reject(new ApiError({ type: 'about:blank', title: 'Busy', status: 503 }))
    await vi.waitFor(() => expect(list.error.value).toBeInstanceOf(ApiError))
    list.loadMore()
    expect([calls.length, list.rows.value.length]).toEqual([2, 100])
    list.reload()
    await settle()
    expect(list.error.value).toBeUndefined()
  })

  it('holds only so many, however many there are or come', async () => {
    const { list, settle } = setUp(900, 300)
    await settle()
    list.loadMore()
    await settle()
    expect([list.rows.value.length, list.more.value, list.full.value]).toEqual([300, false, true])
    list.add(events(50, 900))
    expect([list.rows.value.length, ids(list.rows.value)[0], list.full.value]).toEqual([300, 'e-949', true])
  })

  it('takes in what is new, and leaves what pages will bring', async () => {
    const { list, settle } = setUp(700)
    await settle()
    list.add([numbered(701), numbered(700), numbered(699), numbered(3)])
    expect(ids(list.rows.value).slice(0, 3)).toEqual(['e-701', 'e-700', 'e-699'])
    expect(list.rows.value).toHaveLength(102)
  })
})

describe('mergeNewest', () => {
  it.each<[string, number[], number[], number[]]>([
    ['nothing', [2, 1], [], [2, 1]],
    ['newer ones on top', [2, 1], [3, 4], [4, 3, 2, 1]],
    ['late ones at their place', [9, 5, 1], [7], [9, 7, 5, 1]],
    ['older ones at the end', [9, 5], [1], [9, 5, 1]],
    ['each once', [3, 2, 1], [2, 4, 4], [4, 3, 2, 1]],
    ['into an empty list', [], [1, 2], [2, 1]],
  ])('puts %s', (_, rows, more, expected) => {
    expect(ids(mergeNewest(rows.map(numbered), more.map(numbered)))).toEqual(expected.map((i) => `e-${i}`))
  })
  it('tells accounts apart', () => {
    expect(mergeNewest([event()], [event({ account: '9' })])).toHaveLength(2)
  })
})
