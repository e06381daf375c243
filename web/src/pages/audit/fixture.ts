// Events for the tests of this folder.
import type { Schemas } from '@/api/client'
import type { AuditEvent } from './event'

export function event(change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    event_id: 'e-1',
    time: '2026-11-03T14:05:09Z',
    account: '111122223333',
    region: 'eu-west-1',
    source: 'ec2.amazonaws.com',
    name: 'RunInstances',
    actor: 'ann',
    actor_type: 'AssumedRole',
    principal: 'arn:aws:iam::111122223333:role/deploy',
    access_key: 'ASIAEXAMPLE',
    ip: '203.0.113.7',
    user_agent: 'aws-cli/2',
    error_code: '',
    error_message: '',
    read_only: false,
    resources: [],
    ...change,
  }
}

/** n events a second apart, newest first; the newest is id n-1. */
export function events(n: number, from = 0): AuditEvent[] {
  return Array.from({ length: n }, (_, i) => numbered(from + n - 1 - i))
}
export function numbered(i: number): AuditEvent {
  return event({ event_id: `e-${i}`, time: new Date(Date.UTC(2026, 10, 3) + i * 1000).toISOString().replace('.000Z', 'Z') })
}

export function detail(change: Partial<Schemas['EventDetail']> = {}): Schemas['EventDetail'] {
  return { event: event({ raw: { eventID: 'e-1', eventName: 'RunInstances' } }), conflicts: [], chain: [], chain_end: 'origin', also: [], ...change }
}

/** A stream that tests speak through. */
export class FakeSource {
  static opened: FakeSource[] = []
  readyState = 1
  onopen: (() => void) | null = null
  onerror: (() => void) | null = null
  private readonly listeners = new Map<string, (event: MessageEvent<string>) => void>()
  closed = false
  constructor(readonly url: string) {
    FakeSource.opened.push(this)
  }
  addEventListener(name: string, run: (event: MessageEvent<string>) => void): void {
    this.listeners.set(name, run)
  }
  say(name: string, message: unknown): void {
    this.listeners.get(name)?.({ type: name, data: JSON.stringify(message) } as MessageEvent<string>)
  }
  close(): void {
    this.closed = true
  }
}
