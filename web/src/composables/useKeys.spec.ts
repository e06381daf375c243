import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KeyMap } from './useKeys'

let map: KeyMap

function press(key: string, options: KeyboardEventInit & { target?: HTMLElement; at?: number } = {}): KeyboardEvent {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options })
  Object.defineProperty(event, 'timeStamp', { value: options.at ?? 0 })
  const target = options.target ?? document.body
  target.addEventListener('keydown', (seen) => map.handle(seen), { once: true })
  target.dispatchEvent(event)
  return event
}

function bind(keys: string, inInputs = false) {
  const run = vi.fn()
  const remove = map.add({ keys, label: keys, group: 'Test', run, inInputs })
  return { run, remove }
}

beforeEach(() => {
  map = new KeyMap()
  document.body.replaceChildren()
})

describe('KeyMap', () => {
  it('runs what is bound and keeps the browser from it', () => {
    const { run, remove } = bind('/')
    expect(press('/').defaultPrevented).toBe(true)
    expect(run).toHaveBeenCalledTimes(1)
    remove()
    expect(press('/').defaultPrevented).toBe(false)
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('knows sequences, for a while', () => {
    const { run } = bind('g c')
    const plain = bind('c')
    press('g', { at: 0 })
    press('c', { at: 1000 })
    expect(run).toHaveBeenCalledTimes(1)
    press('g', { at: 2000 })
    press('c', { at: 5000 })
    expect([run.mock.calls.length, plain.run.mock.calls.length]).toEqual([1, 1])
    press('c', { at: 5100 })
    expect(plain.run).toHaveBeenCalledTimes(2)
  })

  it('leaves alone what is typed, but for what asks for it', () => {
    const slash = bind('/')
    const escape = bind('Escape', true)
    for (const target of [document.createElement('input'), document.createElement('textarea'), document.createElement('select')]) {
      document.body.append(target)
      expect(press('/', { target }).defaultPrevented).toBe(false)
      press('Escape', { target })
    }
    expect(slash.run).not.toHaveBeenCalled()
    expect(escape.run).toHaveBeenCalledTimes(3)
  })

  it('fires on a radio button, where nothing is typed', () => {
    const { run } = bind('j')
    const radio = document.createElement('input')
    radio.type = 'radio'
    document.body.append(radio)
    press('j', { target: radio })
    expect(run).toHaveBeenCalledTimes(1)
  })

  it('leaves the browser its own shortcuts', () => {
    const { run } = bind('k')
    press('k', { ctrlKey: true })
    press('k', { metaKey: true })
    press('k', { altKey: true })
    expect(run).not.toHaveBeenCalled()
  })

  it('prefers the newest, and tells Shift from none', () => {
    const old = bind('ArrowLeft')
    const shifted = bind('Shift+ArrowLeft')
    const newer = bind('ArrowLeft')
    press('ArrowLeft')
    press('ArrowLeft', { shiftKey: true })
    newer.remove()
    press('ArrowLeft')
    expect([old.run, shifted.run, newer.run].map((run) => run.mock.calls.length)).toEqual([1, 1, 1])
  })
})
