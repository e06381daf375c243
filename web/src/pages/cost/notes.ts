// What the graph does not know, grouped by reason, with what would help.
import type { Schemas } from '@/api/client'
import type { CostGraph } from './graph'

export interface UnpricedReason {
  reason: string
  /** Instance types that it concerns. */
  types: string[]
  regions: string[]
  seconds: number
  resource: string
  help: string
}

/** One for each reason, the most seconds first. */
export function unpricedReasons(all: readonly Schemas['Unpriced'][]): UnpricedReason[] {
  const found = new Map<string, UnpricedReason>()
  for (const one of all) {
    const known = found.get(one.reason) ?? { reason: one.reason, types: [], regions: [], seconds: 0, resource: one.resource, help: helpFor(one) }
    known.seconds += one.seconds
    if (one.type && !known.types.includes(one.type)) known.types.push(one.type)
    if (one.region && !known.regions.includes(one.region)) known.regions.push(one.region)
    found.set(one.reason, known)
  }
  return [...found.values()].toSorted((a, b) => b.seconds - a.seconds)
}

function helpFor({ reason, region }: Schemas['Unpriced']): string {
  if (/DescribeInstances/.test(reason)) return 'kopter inventory import FILE'
  if (/no price list|no sheet|before|known only/.test(reason)) return `kopter prices update --region ${region || 'REGION'}`
  return ''
}

/** Notes other than those about prices, which the reasons say better. */
export function otherNotes(graph: Pick<CostGraph, 'notes'>): { kind: string; text: string; help: string }[] {
  return graph.notes
    .filter((note) => !/^unpriced:|^…/.test(note))
    .map((note) => {
      const kind = /^(\w+):/.exec(note)?.[1] ?? ''
      return { kind, text: note.slice(kind ? kind.length + 1 : 0).trim(), help: HELP[kind] ?? '' }
    })
}

const HELP: Record<string, string> = {
  assumed: 'A DescribeInstances recording says which platform it is: kopter inventory import FILE',
  unattributed: 'Logs of the time when they were launched name who it was: kopter ingest PATH',
}

export function hours(seconds: number): string {
  return `${(seconds / 3600).toFixed(1)} h`
}
