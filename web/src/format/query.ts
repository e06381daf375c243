// As much of the query language as typing needs: where a token is, and how a
// value is written. Its meaning is the server's.

export interface Token {
  /** Of the text, where a completion goes. */
  start: number
  end: number
  /** '' while a field's name is typed. */
  field: string
  prefix: string
}

/** What is being typed at caret. */
export function tokenAt(text: string, caret: number): Token {
  const start = tokenStart(text, caret)
  const word = text.slice(start, caret)
  const lead = /^-?/.exec(word)?.[0].length ?? 0
  const colon = word.indexOf(':')
  if (colon < 0) return { start: start + lead, end: caret, field: '', prefix: word.slice(lead) }
  const valueAt = start + colon + 1
  return { start: valueAt, end: caret, field: word.slice(lead, colon), prefix: unquote(text.slice(valueAt, caret)) }
}

// Blanks within quotes belong to a token, and so does an escaped quote.
function tokenStart(text: string, caret: number): number {
  let start = 0
  let quoted = false
  for (let i = 0; i < caret; i++) {
    const char = text[i]
    if (quoted && char === '\\') i++
    else if (char === '"') quoted = !quoted
    else if (!quoted && (char === ' ' || char === '\t' || char === '(' || char === ')')) start = i + 1
  }
  return start
}

function unquote(text: string): string {
  return text.replace(/^"/, '').replace(/\\(.)/g, '$1')
}

/** A value as the language reads it: quoted where it has to be. */
export function quote(value: string): string {
  if (/^[\p{L}\p{N}_./@+=#,;-][\p{L}\p{N}_./@+=#,;:-]*$/u.test(value) && !/^(OR|AND|NOT)$/.test(value) && !value.startsWith('-')) return value
  return `"${value.replace(/[\\"]/g, '\\$&')}"`
}

export function complete(text: string, token: Token, value: string): { text: string; caret: number } {
  const rest = text.slice(token.end)
  const written = token.field === '' ? `${value}:` : `${quote(value)}${/^\s/.test(rest) ? '' : ' '}`
  return { text: text.slice(0, token.start) + written + rest, caret: token.start + written.length }
}

/** field:value as a term of its own; not: -field:value. */
export function term(field: string, value: string, not = false): string {
  return `${not ? '-' : ''}${field}:${value === '' ? '""' : quote(value)}`
}

/**
 * The query narrowed by a term. The same term is not added twice, its opposite
 * is taken out, and a query with OR at its top is put in parentheses.
 */
export function narrow(query: string, field: string, value: string, not = false): string {
  const wanted = term(field, value, not)
  const words = split(query)
  if (words.includes(wanted)) return query.trim()
  const opposite = term(field, value, !not)
  const kept = words.filter((word) => word !== opposite)
  const rest = kept.includes('OR') ? `(${kept.join(' ')})` : kept.join(' ')
  return `${rest} ${wanted}`.trim()
}

/** The query without a term, in either sense. */
export function widen(query: string, field: string, value: string): string {
  const gone = [term(field, value), term(field, value, true)]
  return split(query)
    .filter((word) => !gone.includes(word))
    .join(' ')
}

export function includesTerm(query: string, field: string, value: string, not = false): boolean {
  return split(query).includes(term(field, value, not))
}

/** The terms of a query: cut at blanks that are outside of quotes and parentheses. */
export function split(query: string): string[] {
  const words: string[] = []
  let word = ''
  let quoted = false
  let depth = 0
  for (let i = 0; i < query.length; i++) {
    const char = query[i] ?? ''
    if (quoted && char === '\\') word += char + (query[++i] ?? '')
    else if (!quoted && depth === 0 && /\s/.test(char)) {
      if (word) words.push(word)
      word = ''
    } else {
      if (char === '"') quoted = !quoted
      if (!quoted && char === '(') depth++
      if (!quoted && char === ')') depth = Math.max(0, depth - 1)
      word += char
    }
  }
  return word ? [...words, word] : words
}
