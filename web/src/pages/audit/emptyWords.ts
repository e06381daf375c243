// What is said where nothing matches: what the range holds, and what the log.
import { plural } from '@/format/count'
import { formatTime } from '@/format/when'
import type { Zone } from '@/format/zone'

export interface WhatThereIs {
  inRange: number
  all: number
  oldest: string
  newest: string
}

/** there is undefined until it is known. */
export function emptyWords(there: WhatThereIs | undefined, query: string, zone: Zone): { title: string; text: string } {
  const title = there?.all === 0 ? 'No events have been read yet' : query ? 'No event matches' : 'No events in this range'
  if (!there || there.all === 0) return { title, text: '' }
  const range = query ? `Without the query this range holds ${plural(there.inRange, 'event')}. ` : ''
  const log = `The whole log holds ${plural(there.all, 'event')}, from ${formatTime(there.oldest, zone, 'minute')} to ${formatTime(there.newest, zone, 'minute')}.`
  return { title, text: range + log }
}
