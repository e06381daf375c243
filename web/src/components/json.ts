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

/**
 * The document itself has no line, so that its members are of level 0. isOpen
 * is asked for each object and array that is not empty.
 */
export function flatten(value: JsonValue, isOpen: (id: string, level: number) => boolean): JsonLine[] {
  const lines: JsonLine[] = []
  const parts = value !== null && typeof value === 'object' ? entries(value) : []
  if (parts.length === 0) visit(lines, value, undefined, '', [], 0, isOpen)
  for (const [key, part] of parts) visit(lines, part, key, pointer('', key), Array.isArray(value) ? [] : [key], 0, isOpen)
  return lines
}

function entries(value: object): [string, JsonValue][] {
  return Object.entries(value).filter((entry): entry is [string, JsonValue] => entry[1] !== undefined)
}

function pointer(parent: string, key: string): string {
  return `${parent}/${key.replace(/~/g, '~0').replace(/\//g, '~1')}`
}

function visit(lines: JsonLine[], value: JsonValue, name: string | undefined, id: string, path: string[], level: number, isOpen: (id: string, level: number) => boolean): void {
  if (value === null || typeof value !== 'object') {
    lines.push(scalarLine(value, name, id, path, level))
    return
  }
  const isArray = Array.isArray(value)
  const parts = entries(value)
  const foldable = parts.length > 0
  const open = foldable && isOpen(id, level)
  lines.push({ id, level, name, path, kind: 'fold-text', text: summary(isArray, parts, open), foldable, open, scalar: undefined })
  if (!open) return
  for (const [key, part] of parts) {
    visit(lines, part, key, pointer(id, key), isArray ? path : [...path, key], level + 1, isOpen)
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
