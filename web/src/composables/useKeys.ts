// The keyboard map: one registry, which the help dialog lists.
import { onScopeDispose, shallowReactive, type ShallowReactive } from 'vue'

export interface KeyBinding {
  /** As on the keyboard: "/", "j", "g c", "Escape", "Shift+ArrowLeft". */
  keys: string
  label: string
  /** A heading of the help dialog. */
  group: string
  run: (event: KeyboardEvent) => void
  /** Also while something is being typed; for Escape. */
  inInputs?: boolean
}

/** How long the second key of "g c" may take, in milliseconds. */
const SEQUENCE_TIMEOUT = 1500

export class KeyMap {
  readonly bindings: ShallowReactive<KeyBinding[]> = shallowReactive([])
  private first = ''
  private firstAt = 0

  /** The newest binding of a key wins; the returned function takes it away. */
  add(binding: KeyBinding): () => void {
    this.bindings.push(binding)
    return () => {
      const at = this.bindings.indexOf(binding)
      if (at >= 0) this.bindings.splice(at, 1)
    }
  }

  handle(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return
    const typing = isTyping(event.target)
    const key = nameOf(event)
    const sequence = this.first && event.timeStamp - this.firstAt < SEQUENCE_TIMEOUT ? `${this.first} ${key}` : ''
    this.first = ''
    const binding = (sequence && this.find(sequence, typing)) || this.find(key, typing)
    if (binding) {
      event.preventDefault()
      binding.run(event)
    } else if (!typing && this.bindings.some((known) => known.keys.startsWith(`${key} `))) {
      this.first = key
      this.firstAt = event.timeStamp
    }
  }

  private find(keys: string, typing: boolean): KeyBinding | undefined {
    return this.bindings.findLast((known) => known.keys === keys && (!typing || known.inInputs === true))
  }
}

function nameOf(event: KeyboardEvent): string {
  const printable = event.key.length === 1
  return event.shiftKey && !printable ? `Shift+${event.key}` : event.key
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false
  if (target.isContentEditable || target.tagName === 'TEXTAREA' || target.tagName === 'SELECT') return true
  return target instanceof HTMLInputElement && !['button', 'checkbox', 'radio', 'range', 'submit'].includes(target.type)
}

let shared: KeyMap | undefined

export function keyMap(): KeyMap {
  if (!shared) {
    const map = (shared = new KeyMap())
    window.addEventListener('keydown', (event) => map.handle(event))
  }
  return shared
}

/** Adds bindings for as long as the component lives. */
export function useKeys(...bindings: KeyBinding[]): void {
  for (const binding of bindings) onScopeDispose(keyMap().add(binding))
}
