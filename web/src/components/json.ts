// A JSON document as the lines of a foldable listing.

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [name: string]: JsonValue | undefined }

export interface JsonLine {
  /** A JSON pointer. */
  id: string
  level: number
  name: string | undefined
  /** Names on the way, without the indexes of arrays. */
  path: string[]
  kind: 'string' | 'number' | 'boolean' | 'null' | 'fold-text'
  text: string
  foldable: boolean
  open: boolean
  /** The value as a filter writes it; undefined for what has parts. */
  scalar: string | undefined
}

/** isOpen is asked for each object and array that is not empty. */
export function flatten(value: JsonValue, isOpen: (id: string, level: number) => boolean): JsonLine[] {
  const lines: JsonLine[] = []
  visit(lines, value, undefined, '', [], 0, isOpen)
  return lines
}

function visit(lines: JsonLine[], value: JsonValue, name: string | undefined, id: string, path: string[], level: number, isOpen: (id: string, level: number) => boolean): void {
  if (value === null || typeof value !== 'object') {
    lines.push(scalarLine(value, name, id, path, level))
    return
  }
  const isArray = Array.isArray(value)
  const parts = Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
  const foldable = parts.length > 0
  const open = foldable && isOpen(id, level)
  lines.push({ id, level, name, path, kind: 'fold-text', text: summary(isArray, parts, open), foldable, open, scalar: undefined })
  if (!open) return
  for (const [key, part] of parts) {
    const pointer = `${id}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`
    visit(lines, part, key, pointer, isArray ? path : [...path, key], level + 1, isOpen)
  }
}

function scalarLine(value: null | boolean | number | string, name: string | undefined, id: string, path: string[], level: number): JsonLine {
  const kind = value === null ? 'null' : (typeof value as 'string' | 'number' | 'boolean')
  return { id, level, name, path, kind, text: JSON.stringify(value), foldable: false, open: false, scalar: value === null ? '' : String(value) }
}

function summary(isArray: boolean, parts: readonly [string, JsonValue][], open: boolean): string {
  if (parts.length === 0) return isArray ? '[]' : '{}'
  if (open) return isArray ? `[${parts.length}]` : ''
  if (isArray) return `[${parts.length}] …`
  const names = parts.slice(0, 3).map(([key]) => key)
  return `{ ${names.join(', ')}${parts.length > 3 ? ', …' : ''} }`
}
