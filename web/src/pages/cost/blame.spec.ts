import { describe, expect, it } from 'vitest'
import { nameOf } from '@/format/principal'
import { changeKey, deltaOf, linesOf, originOf, stepsOf, whatOf, whoOf, type Change } from './changes'
import { fieldsOf, groupQuery, namesWho } from './filters'
import { change, graph, series } from './fixture'
import { otherNotes, unpricedReasons } from './notes'
import { fieldNames } from './suggest'

/** A change without what a call says of it. */
function without(more: Partial<Change>): Change {
  const { cause: _, ...rest } = change()
  return { ...rest, ...more }
}

describe('a change in words', () => {
  it('is who, what and how much', () => {
    expect([whoOf(change()), whatOf(change()), linesOf(change())]).toEqual(['ada@example.com', 'RunInstances', '+3 p4d.24xlarge'])
    expect(deltaOf(change())).toEqual({ text: '+$3.00/h', direction: 'up' })
    expect(deltaOf(change({ delta_per_hour: '-0.5' }))).toEqual({ text: '−$0.50/h', direction: 'down' })
  })

  it('never reads as nothing when there is no price', () => {
    const line = { kind: 'open', count: 1, type: '', region: 'eu-west-1', delta_per_hour: '0', currency: 'USD', unpriced: 'the type is not known' } as const
    expect(deltaOf(change({ delta_per_hour: '0', lines: [line] }))).toEqual({ text: 'no price', direction: 'none' })
    expect(linesOf(change({ lines: [line] }))).toBe('+1 of an unknown type')
    expect(deltaOf(change({ lines: [...change().lines, line] })).text).toBe('+$3.00/h and more')
  })

  it('is a price list’s, or nobody’s', () => {
    const prices = without({ price_version: '2026-11' })
    expect([originOf(prices), whoOf(prices), whatOf(prices)]).toEqual(['prices', 'New price list', 'version 2026-11'])
    expect([originOf(without({})), whoOf(without({}))]).toEqual(['unknown', 'Unattributed'])
    expect(changeKey(prices)).not.toBe(changeKey(change()))
  })

  it('is asked for its steps', () => {
    expect(stepsOf(change(), 'type:p4d.24xlarge')).toEqual({ q: '(type:p4d.24xlarge) event_id:e-1', from: '2026-11-24T02:10:00Z', to: '2026-11-24T02:10:01.000Z' })
    expect(stepsOf(without({}), '').q).toBe('resource:i-0aa account:111122223333')
    expect(stepsOf(without({ price_version: '1', until: '2026-11-24T02:10:09Z' }), '')).toMatchObject({ q: 'principal:"price list"', to: '2026-11-24T02:10:10.000Z' })
  })

  it('shortens an ARN to what tells apart', () => {
    expect(nameOf('arn:aws:iam::111122223333:role/a/b')).toBe('role/a/b')
    expect(nameOf('ec2.amazonaws.com')).toBe('ec2.amazonaws.com')
  })
})

describe('the query of a group', () => {
  const all = graph().series

  it('narrows to its values', () => {
    expect(groupQuery('purchase:spot', ['region'], all, 'USD/eu-west-1')).toBe('purchase:spot region:eu-west-1')
    expect(groupQuery('a OR b', ['region'], all, 'USD/eu-west-1')).toBe('(a OR b) region:eu-west-1')
  })

  it('is for the rest all but those that are shown, of its currency', () => {
    expect(groupQuery('', ['region'], all, 'USD')).toBe('-region:eu-west-1 -region:us-east-1')
    expect(groupQuery('', ['region', 'type'], [series(['a', 'x y'], ['1']), series([], ['1'])], 'USD')).toBe('-(region:a type:"x y")')
  })

  it('is none for a group that is not there', () => {
    expect(groupQuery('q', ['region'], all, 'USD/mars')).toBeUndefined()
  })

  it('knows when a name means two things', () => {
    expect([namesWho('region:x principal:y'), namesWho('-actor:y'), namesWho('tag.actor:y'), namesWho('')]).toEqual([true, true, false, false])
  })

  it('reads the fields to group by', () => {
    expect([fieldsOf('none'), fieldsOf('region,type'), fieldsOf('tag.team')]).toEqual([[], ['region', 'type'], ['tag.team']])
  })
})

describe('what is not known', () => {
  it('is listed by reason, with what would help', () => {
    const one = { type: 'm5.large', region: 'us-east-1', operation: '', tenancy: '', purchase: '', reason: 'no sheet for us-east-1', seconds: 60, resource: 'i-1' }
    const [most, least] = unpricedReasons([one, { ...one, type: 'c5.large', seconds: 30 }, { ...one, reason: 'the platform is not known: import a DescribeInstances recording', seconds: 300 }])
    expect(most).toMatchObject({ seconds: 300, help: 'kopter inventory import FILE' })
    expect(least).toMatchObject({ seconds: 90, types: ['m5.large', 'c5.large'], help: 'kopter prices update --region us-east-1' })
  })

  it('leaves notes about prices to the reasons', () => {
    expect(otherNotes(graph()).map((note) => note.kind)).toEqual(['assumed'])
  })
})

it('completes fields, those that begin so first', () => {
  expect(fieldNames('t').map((one) => one.value).slice(0, 3)).toEqual(['type', 'tenancy', 'tag.'])
})
