// Answers of a small organisation, for the tests of this folder.
import type { Schemas } from '@/api/client'
import { round, sum } from '@/format/money'
import type { CostGraph } from './graph'

export function series(values: string[], amounts: string[], more: Partial<Schemas['CostSeries']> = {}): Schemas['CostSeries'] {
  return {
    values,
    other: values.length === 0,
    currency: 'USD',
    amounts,
    total: round(sum(amounts), 9),
    seconds: 3600 * amounts.length,
    unpriced_seconds: 0,
    ...more,
  }
}

/** Four hours of two regions, their rest, and one that is paid in another currency. */
export function graph(more: Partial<CostGraph> = {}): CostGraph {
  return {
    from: '2026-11-24T00:00:00Z',
    to: '2026-11-24T04:00:00Z',
    step: 'hour',
    by: ['region'],
    starts: [0, 1, 2, 3].map((hour) => `2026-11-24T0${hour}:00:00Z`),
    series: [
      series(['cn-north-1'], ['7', '7', '7', '7'], { currency: 'CNY' }),
      series(['eu-west-1'], ['1', '1', '4', '2']),
      series(['us-east-1'], ['0.5', '0.5', '0.5', '0.25'], { unpriced: [0, 0, 1800, 0], unpriced_seconds: 1800 }),
      series([], ['0.1', '0.1', '0.1', '0.05']),
    ],
    totals: [
      { currency: 'CNY', amount: '28.000000000', seconds: 14_400, unpriced_seconds: 0 },
      { currency: 'USD', amount: '10.100000000', seconds: 43_200, unpriced_seconds: 1800 },
    ],
    groups: 5,
    notes: ['unpriced: 0.5 h of m5.large (first i-1): no sheet for us-east-1', 'assumed: 2.0 h are taken for Linux/UNIX, because no inventory says otherwise.'],
    unpriced: [{ type: 'm5.large', region: 'us-east-1', operation: 'RunInstances', tenancy: 'Shared', purchase: 'on-demand', reason: 'no sheet for us-east-1', seconds: 1800, resource: 'i-1' }],
    fresh: { now: '2026-11-24T03:30:00Z', newest: '2026-11-24T03:29:00Z', stalest: '2026-11-23T12:00:00Z' },
    ...more,
  }
}

export function change(more: Partial<Schemas['Change']> = {}): Schemas['Change'] {
  return {
    time: '2026-11-24T02:10:00Z',
    kind: 'open',
    currency: 'USD',
    delta_per_hour: '3.000000000',
    account: '111122223333',
    region: 'eu-west-1',
    steps: 3,
    resources: 3,
    sample: ['i-0aa'],
    lines: [{ kind: 'open', count: 3, type: 'p4d.24xlarge', region: 'eu-west-1', rate_per_hour: '1.000000000', delta_per_hour: '3.000000000', currency: 'USD', sku: 'SKU1', price_version: '2026-10' }],
    cause: {
      event_id: 'e-1',
      event_name: 'RunInstances',
      time: '2026-11-24T02:10:00Z',
      principal: 'arn:aws:iam::111122223333:role/deploy',
      actor: 'ada@example.com',
      actor_type: 'AssumedRole',
      session: 'ada',
      access_key: 'ASIA1',
      ip: '198.51.100.7',
      user_agent: 'aws-cli/2',
    },
    ...more,
  }
}

export function step(more: Partial<Schemas['Step']> = {}): Schemas['Step'] {
  return {
    time: '2026-11-24T02:10:00Z',
    not_after: '2026-11-24T02:25:00Z',
    account: '111122223333',
    region: 'eu-west-1',
    resource: 'i-0aa',
    type: 'p4d.24xlarge',
    kind: 'open',
    delta_per_hour: '1.000000000',
    currency: 'USD',
    event_id: 'e-1',
    event_name: 'RunInstances',
    principal: 'arn:aws:iam::111122223333:role/deploy',
    actor: 'ada@example.com',
    ip: '198.51.100.7',
    user_agent: 'aws-cli/2',
    evidence: ['RunInstances', 'DescribeInstances'],
    ...more,
  }
}

export function event(more: Partial<Schemas['Event']> = {}): Schemas['Event'] {
  return {
    event_id: 'e-0',
    time: '2026-11-24T02:00:00Z',
    account: '111122223333',
    region: 'us-east-1',
    source: 'sts.amazonaws.com',
    name: 'AssumeRole',
    actor: 'ada.lovelace',
    actor_type: 'IAMUser',
    principal: 'arn:aws:iam::111122223333:user/ada.lovelace',
    access_key: 'AKIA1',
    ip: '198.51.100.7',
    user_agent: 'console',
    error_code: '',
    error_message: '',
    read_only: false,
    resources: [],
    ...more,
  }
}

export const rate: Schemas['CostRate'] = {
  at: '2026-11-24T03:30:00Z',
  by: [],
  groups: [],
  totals: [
    { values: [], currency: 'CNY', rate_per_hour: '7.000000000', count: 1, unpriced: 0, assumed: 0 },
    { values: [], currency: 'USD', rate_per_hour: '4.600000000', count: 12, unpriced: 2, assumed: 0 },
  ],
  forecast: [
    { currency: 'CNY', month: '2026-11', to_date: '3900.000000000', rate_per_hour: '7.000000000', projected: '5040.000000000', running: 1, unpriced: 0 },
    { currency: 'USD', month: '2026-11', to_date: '1234.500000000', rate_per_hour: '4.600000000', projected: '1999.000000000', running: 12, unpriced: 2 },
  ],
}
