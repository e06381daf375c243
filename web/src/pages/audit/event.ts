// An event as the audit pages use it: its key, and short forms of its names.
import type { Schemas } from '@/api/client'
import { nameOf } from '@/format/principal'

export type AuditEvent = Schemas['Event']
/** A record as CloudTrail wrote it. */
export type Raw = Record<string, unknown>

/** Ids are unique within an account only; the id comes last, as it may hold anything. */
export function keyOf(event: Pick<AuditEvent, 'account' | 'event_id'>): string {
  return `${event.account}/${event.event_id}`
}

export function fromKey(key: string): { account: string; id: string } {
  const at = key.indexOf('/')
  return { account: key.slice(0, Math.max(0, at)), id: key.slice(at + 1) }
}

/** "ec2" of "ec2.amazonaws.com" */
export function sourceName(source: string): string {
  return source.replace(/\.amazonaws\.com$/, '')
}

export function whoOf(event: AuditEvent): string {
  return event.actor || nameOf(event.principal) || event.actor_type || 'Somebody'
}

/** The id of an EC2 instance that a resource is, as its page is called; else ''. */
export function instanceOf(resource: string): string {
  return /^(?:arn:[^:]*:ec2:[^:]*:[^:]*:instance\/)?(i-[0-9a-f]{8,17})$/.exec(resource)?.[1] ?? ''
}

/** Where the log of an event has no name for who it was, queries cannot ask for it. */
export function actorTerm(event: AuditEvent): { field: string; value: string } | undefined {
  if (event.actor) return { field: 'actor', value: event.actor }
  return event.principal ? { field: 'principal', value: event.principal } : undefined
}
