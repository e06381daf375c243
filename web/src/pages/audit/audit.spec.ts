import { describe, expect, it } from 'vitest'
import { includesTerm, narrow } from '@/format/query'
import { columnsOf, rowClass, toggled, USUAL } from './columns'
import { emptyWords } from './emptyWords'
import { nameOf } from '@/format/principal'
import { fromKey, instanceOf, keyOf } from './event'
import { fieldOf, valuesOf, withoutField } from './fields'
import { detail, event } from './fixture'
import { rolePath } from './rolePath'

describe('fields of a record', () => {
  it.each<[string[], string | undefined]>([
    [['eventName'], 'name'],
    [['sourceIPAddress'], 'ip'],
    [['requestParameters', 'instancesSet', 'items', 'instanceId'], 'requestParameters.instancesSet.items.instanceId'],
    [['userIdentity', 'sessionContext', 'attributes', 'mfaAuthenticated'], 'userIdentity.sessionContext.attributes.mfaAuthenticated'],
    [['requestParameters'], undefined],
    [['eventVersion'], undefined],
    [['toString'], undefined],
    [['eventName', 'x'], undefined],
    [['requestParameters', 'a.b'], undefined],
    [['requestParameters', 'x"y'], undefined],
    [['requestParameters', 'a:b'], undefined],
    [['requestParameters', 'a b'], undefined],
    [['requestParameters', 'a*'], undefined],
    [['requestParameters', 'a)'], undefined],
    [['requestParameters', ''], undefined],
  ])('%j is %s', (path, field) => expect(fieldOf(path)).toBe(field))
})

describe('values that a query names', () => {
  it.each([
    ['name:Run -name:Stop actor:x', ['Run'], ['Stop']],
    ['-name:""', [], ['']],
    ['name:"a \\"b\\" \\\\c"', ['a "b" \\c'], []],
    ['name:Run* name:(a OR b) name:>x', [], []],
    ['(name:a)', [], []],
    ['names:a "name:a"', [], []],
  ])('of %s', (query, included, excluded) => expect(valuesOf(query, 'name')).toEqual({ included, excluded }))

  it.each(['plain', 'with blank', 'quo"te', 'back\\slash', 'colon:ed', '(paren)', "it's", '', '<b>&</b>', '-dash', 'OR', '*'])('reads %j back as it was filtered', (value) => {
    for (const not of [false, true]) {
      const query = narrow('x OR y', 'actor', value, not)
      expect(includesTerm(query, 'actor', value, not)).toBe(true)
      expect(valuesOf(query, 'actor')[not ? 'excluded' : 'included']).toEqual([value])
    }
  })
  it('leaves a field out of what completes it', () => {
    expect(withoutField('actor:ann -actor:bob name:"a b"', 'actor')).toBe('name:"a b"')
  })
})

it('finds an event by its key, whatever the id holds', () => {
  for (const one of [event(), event({ event_id: 'a/b/c' }), event({ account: '' })]) {
    expect(fromKey(keyOf(one))).toEqual({ account: one.account, id: one.event_id })
  }
})

it.each([
  ['i-0abcdef12', 'i-0abcdef12'],
  ['arn:aws:ec2:eu-west-1:1:instance/i-0123456789abcdef0', 'i-0123456789abcdef0'],
  ['i-xyz', ''],
  ['vol-0abcdef12', ''],
  ['javascript:alert(1)//i-0abcdef12', ''],
])('the instance of %s is "%s"', (resource, instance) => expect(instanceOf(resource)).toBe(instance))

it('shortens ARNs and nothing else', () => {
  expect(nameOf('arn:aws:iam::1:role/a/b')).toBe('role/a/b')
  expect(nameOf('lambda.amazonaws.com')).toBe('lambda.amazonaws.com')
})

describe('columns', () => {
  it('are the usual ones, or those asked for in their own order', () => {
    expect(columnsOf([], 'utc', '2026', false).map((one) => one.key)).toEqual(USUAL)
    expect(columnsOf(['error', 'time', 'nonsense'], 'utc', '2026', false).map((one) => one.key)).toEqual(['time', 'error'])
    expect(columnsOf(['nonsense'], 'utc', '2026', false).map((one) => one.key)).toEqual(USUAL)
  })
  it('come and go, and the usual ones are not written down', () => {
    const without = toggled([], 'ip')
    expect(without).toEqual(USUAL.filter((key) => key !== 'ip'))
    expect(toggled(without, 'ip')).toEqual([])
    expect(toggled([], 'event_id').at(-1)).toBe('event_id')
  })
  it('show times in the zone', () => {
    const text = (year: string) => columnsOf(['time'], 'Asia/Tokyo', year, true)[0]?.text?.(event())
    expect([text('2026'), text('2027')]).toEqual(['11-03 23:05:09', '2026-11-03 23:05:09'])
  })
  it('mark failures, and are quieter about reads', () => {
    expect([rowClass(event()), rowClass(event({ read_only: true })), rowClass(event({ error_code: 'AccessDenied' }))]).toEqual(['', 'quiet', 'failed'])
  })
})

describe('the path of roles', () => {
  const person = event({ event_id: 'c2', name: 'AssumeRole', actor: 'ann@example', principal: 'arn:aws:iam::1:role/sso' })
  const hop = event({ event_id: 'c1', name: 'AssumeRole', actor: 'ann@example', principal: 'arn:aws:iam::1:role/admin' })
  it('leads from the person to the caller', () => {
    const nodes = rolePath(detail({ event: event(), chain: [hop, person] }))
    expect(nodes.map((node) => [node.name, node.via?.event_id])).toEqual([
      ['ann@example', undefined],
      ['role/admin', 'c2'],
      ['role/deploy', 'c1'],
    ])
  })
  it('is the caller alone without a chain', () => {
    expect(rolePath(detail()).map((node) => node.name)).toEqual(['role/deploy'])
  })
})

describe('words for nothing', () => {
  const there = { inRange: 12, all: 3456, oldest: '2026-08-01T00:00:00Z', newest: '2026-11-03T14:05:09Z' }
  it.each([
    [undefined, '', 'No events in this range', ''],
    [there, 'x', 'No event matches', 'Without the query this range holds 12 events. The whole log holds 3\u202f456 events, from 2026-08-01 00:00 to 2026-11-03 14:05.'],
    [there, '', 'No events in this range', 'The whole log holds 3\u202f456 events, from 2026-08-01 00:00 to 2026-11-03 14:05.'],
    [{ ...there, all: 0 }, 'x', 'No events have been read yet', ''],
  ])('%#', (known, query, title, text) => expect(emptyWords(known, query, 'utc')).toEqual({ title, text }))
})
