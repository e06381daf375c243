import { mount } from '@vue/test-utils'
import { afterEach, describe, expect, it } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { MAX_HEIGHT, useVirtualRows } from '@/composables/useVirtualRows'
import DataTable from './DataTable.vue'
import type { Column } from './table'

interface Row {
  id: string
  count: number
}
const columns: Column<Row>[] = [
  { key: 'id', label: 'Id', text: (row) => row.id },
  { key: 'count', label: 'Count', sortable: true, descendingFirst: true, align: 'right', text: (row) => String(row.count) },
]
const rows = (n: number): Row[] => Array.from({ length: n }, (_, i) => ({ id: `r${i}`, count: i }))

function setUp(n: number, props: Record<string, unknown> = {}) {
  return mount(DataTable<Row>, { props: { label: 'Rows', columns, rows: rows(n), rowKey: (row: Row) => row.id, ...props }, attachTo: document.body })
}
afterEach(() => document.body.replaceChildren())

describe('DataTable', () => {
  it('draws only what is in view of a million rows, and says how many there are', () => {
    const table = setUp(1_000_000)
    expect(table.findAll('.body').length).toBeLessThan(60)
    expect(table.get('[role=grid]').attributes('aria-rowcount')).toBe('1000001')
    expect(table.get('.body').attributes('aria-rowindex')).toBe('2')
    expect(table.get('[role=columnheader]:last-child').attributes('aria-sort')).toBe('none')
  })

  it('selects by key and click, and opens by Enter', async () => {
    const table = setUp(5)
    const grid = table.get('[role=grid]')
    await grid.trigger('keydown', { key: 'ArrowDown' })
    await grid.trigger('keydown', { key: 'End' })
    await grid.trigger('keydown', { key: 'ArrowDown' })
    await grid.trigger('keydown', { key: 'ArrowUp' })
    await table.findAll('.body')[2]?.trigger('click')
    expect(table.emitted('select')?.map(([, index]) => index)).toEqual([0, 4, 4, 3, 2])
    expect(table.emitted('select')?.map(([, , pointer]) => pointer)).toEqual([false, false, false, false, true])
    await grid.trigger('keydown', { key: 'Enter' })
    expect(table.emitted('open')).toEqual([[{ id: 'r2', count: 2 }, 2]])
    expect(grid.attributes('aria-activedescendant')).toBe(table.findAll('.body')[2]?.attributes('id'))
  })

  it('keeps the keys where the selection is when rows change', async () => {
    const table = setUp(5, { selected: 'r3' })
    await table.setProps({ rows: [{ id: 'new', count: 9 }, ...rows(5)] })
    await table.get('[role=grid]').trigger('keydown', { key: 'ArrowDown' })
    expect(table.emitted('select')).toEqual([[{ id: 'r4', count: 4 }, 5, false]])
  })

  it('sorts the largest first, then turns round', async () => {
    const table = setUp(3)
    await table.get('.sort').trigger('click')
    await table.setProps({ sort: { key: 'count', order: 'desc' } })
    expect(table.get('[aria-sort=descending]').text()).toBe('Count')
    await table.get('.sort').trigger('click')
    expect(table.emitted('update:sort')).toEqual([[{ key: 'count', order: 'desc' }], [{ key: 'count', order: 'asc' }]])
  })

  it('asks for more near the end, once for each page', async () => {
    const table = setUp(30, { more: true, total: 90 })
    expect(table.emitted('more')).toHaveLength(1)
    await table.setProps({ loadingMore: true })
    await table.setProps({ loadingMore: false, rows: rows(60) })
    expect(table.emitted('more')?.length).toBeLessThanOrEqual(2)
    expect(table.get('.foot').text()).toBe('60 of 90')
  })
})

describe('useVirtualRows', () => {
  async function scroller(count: number) {
    const scope = effectScope()
    const box = ref<HTMLElement>()
    const virtual = scope.run(() => useVirtualRows(box, () => count, () => 32)) as ReturnType<typeof useVirtualRows>
    box.value = document.createElement('div')
    await nextTick()
    return { virtual, box: box.value, stop: () => scope.stop() }
  }

  it('reaches every row, however many there are', async () => {
    const { virtual, box, stop } = await scroller(5_000_000)
    expect(virtual.height.value).toBe(MAX_HEIGHT)
    virtual.scrollTo(4_999_999)
    expect(virtual.last.value).toBe(5_000_000)
    expect(box.scrollTop).toBeLessThanOrEqual(MAX_HEIGHT)
    virtual.scrollTo(2_500_000)
    expect(virtual.first.value).toBeLessThan(2_500_000)
    expect(virtual.last.value).toBeGreaterThan(2_500_000)
    stop()
  })

  it('moves by true pixels with the wheel where the bar is scaled', async () => {
    const { virtual, box, stop } = await scroller(1_000_000)
    virtual.scrollTo(500_000)
    const before = virtual.first.value
    box.dispatchEvent(new WheelEvent('wheel', { deltaY: 320, cancelable: true }))
    expect(virtual.first.value - before).toBe(10)
    box.dispatchEvent(new Event('scroll'))
    expect(virtual.first.value - before).toBe(10)
    stop()
  })

  it('leaves the wheel to the browser where it is not', async () => {
    const { virtual, box, stop } = await scroller(1000)
    const wheel = new WheelEvent('wheel', { deltaY: 320, cancelable: true })
    box.dispatchEvent(wheel)
    expect(wheel.defaultPrevented).toBe(false)
    box.scrollTop = 3200
    box.dispatchEvent(new Event('scroll'))
    expect([virtual.first.value, virtual.offset.value]).toEqual([94, 94 * 32])
    stop()
  })
})
