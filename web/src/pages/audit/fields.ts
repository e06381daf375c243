// Which field of the query language a part of a record is, and which values of
// a field a query names.
import { split } from '@/format/query'

const MEMBERS: Readonly<Record<string, string>> = {
  recipientAccountId: 'account',
  awsRegion: 'region',
  eventSource: 'source',
  eventName: 'name',
  eventType: 'event_type',
  eventCategory: 'category',
  sourceIPAddress: 'ip',
  userAgent: 'user_agent',
  errorCode: 'error_code',
  errorMessage: 'error_message',
  readOnly: 'read_only',
  eventID: 'event_id',
  requestID: 'request_id',
  sharedEventID: 'shared_event_id',
}
// Those whose insides can be asked for by their path: audit.Schema.
const PATHS = new Set(['requestParameters', 'responseElements', 'userIdentity', 'additionalEventData', 'serviceEventDetails', 'tlsDetails', 'insightDetails', 'addendum'])
/** A name that the language reads as it is; a dot inside one would be two names. */
const PLAIN = /^[\p{L}\p{N}_@#/-]+$/u

/** Undefined where the language has no name for it. */
export function fieldOf(path: readonly string[]): string | undefined {
  const [first = '', ...rest] = path
  if (rest.length === 0) return Object.hasOwn(MEMBERS, first) ? MEMBERS[first] : undefined
  return PATHS.has(first) && rest.every((name) => PLAIN.test(name)) ? path.join('.') : undefined
}

export interface NamedValues {
  included: string[]
  excluded: string[]
}

/** The values of a field that terms at the query's top ask for, or leave out. */
export function valuesOf(query: string, field: string): NamedValues {
  const found: NamedValues = { included: [], excluded: [] }
  for (const word of split(query)) {
    const not = word.startsWith('-')
    const text = not ? word.slice(1) : word
    if (!text.startsWith(`${field}:`)) continue
    const value = literal(text.slice(field.length + 1))
    if (value !== undefined) (not ? found.excluded : found.included).push(value)
  }
  return found
}

function literal(text: string): string | undefined {
  if (/^".*"$/s.test(text)) return text.slice(1, -1).replace(/\\([^\p{L}\p{N}_])/gu, '$1')
  return /[*()<>"\\]/.test(text) ? undefined : text
}

/** The query without its terms on a field, for completing that field's values. */
export function withoutField(query: string, field: string): string {
  return split(query)
    .filter((word) => !word.startsWith(`${field}:`) && !word.startsWith(`-${field}:`))
    .join(' ')
}
