// The stages as a picture: columns by how far a message has come, rows by where
// it came from, so that lines cross little. Percent across, rows down.
import type { Schemas } from '@/api/client'

export type Stage = Schemas['PipelineStage']

export interface Node {
  stage: Stage
  column: number
  /** In rows; not always whole. */
  row: number
}

export interface Edge {
  from: Node
  to: Node
}

export interface Flow {
  nodes: Node[]
  edges: Edge[]
  columns: number
  rows: number
}

export function flowOf(stages: readonly Stage[]): Flow {
  const columns = columnsOf(stages)
  const nodes: Node[] = []
  const last = Math.max(0, ...columns.values())
  for (let column = 0; column <= last; column++) {
    const here = stages.filter((one) => columns.get(one) === column).map((stage) => ({ stage, wish: wishOf(stage, nodes) }))
    let free = 0
    for (const { stage, wish } of here.toSorted((a, b) => a.wish - b.wish)) {
      const row = Math.max(free, wish)
      nodes.push({ stage, column, row })
      free = row + 1
    }
  }
  const edges = nodes.flatMap((from) => nodes.filter((to) => from.stage.sends.includes(to.stage.queue)).map((to) => ({ from, to })))
  return { nodes, edges, columns: last + 1, rows: Math.max(1, ...nodes.map((node) => node.row + 1)) }
}

/** The longest way to each; a circle is walked once. */
function columnsOf(stages: readonly Stage[]): Map<Stage, number> {
  const columns = new Map(stages.map((stage) => [stage, 0]))
  for (let round = 0; round < stages.length; round++) {
    for (const from of stages) {
      for (const to of stages) {
        const next = (columns.get(from) ?? 0) + 1
        if (from.sends.includes(to.queue) && next > (columns.get(to) ?? 0) && next < stages.length) columns.set(to, next)
      }
    }
  }
  return columns
}

// Beside the middle of those that send to it; without any, where there is room.
function wishOf(stage: Stage, placed: readonly Node[]): number {
  const senders = placed.filter((node) => node.stage.sends.includes(stage.queue))
  return senders.length === 0 ? 0 : senders.reduce((sum, node) => sum + node.row, 0) / senders.length
}

/** How well a stage is: what a person has to look at comes first. */
export function healthOf(stage: Stage, now: number): 'bad' | 'warn' | 'good' {
  if (stage.dead > 0) return 'bad'
  const waiting = stage.oldest ? (now - Date.parse(stage.oldest)) / 1000 : 0
  return waiting > 60 && stage.ready > 0 ? 'warn' : 'good'
}

/** "0 * * * *" in words, where it is a rhythm that has some. */
export function rhythmOf(cron: string): string {
  const [minute, hour, day, month, weekday] = cron.trim().split(/\s+/)
  const rest = [day, month, weekday].every((one) => one === '*')
  if (!rest || !/^\d+$/.test(minute ?? '')) return cron
  const past = (minute ?? '').padStart(2, '0')
  if (hour === '*') return `hourly, at :${past}`
  return /^\d+$/.test(hour ?? '') ? `daily, at ${(hour ?? '').padStart(2, '0')}:${past} UTC` : cron
}
