// The way of a call from a person to the role that made it, as a path.
import type { Schemas } from '@/api/client'
import { nameOf } from '@/format/principal'
import { whoOf, type AuditEvent } from './event'

export interface PathNode {
  name: string
  /** As the log calls it; '' where it is not known. */
  principal: string
  actor: string
  /** The call that handed the key on to this node; undefined at the first. */
  via: AuditEvent | undefined
}

/** chain is as the API has it: from the nearest to the first. */
export function rolePath(detail: Pick<Schemas['EventDetail'], 'event' | 'chain' | 'chain_end'>): PathNode[] {
  const calls = [...detail.chain].reverse()
  const steps = [...calls, detail.event]
  const nodes = steps.map((step, i) => ({
    name: i === 0 && calls.length > 0 ? whoOf(step) : nameOf(step.principal) || whoOf(step),
    principal: step.principal,
    actor: step.actor,
    via: calls[i - 1],
  }))
  return nodes
}

/** How the path began, where that is not simply its first node. */
export const CHAIN_ENDS: Record<Schemas['EventDetail']['chain_end'], string> = {
  origin: '',
  unknown: 'The call that issued the first key is not in the logs.',
  loop: 'The chain leads back into itself.',
  long: 'The chain is longer than is shown.',
}
