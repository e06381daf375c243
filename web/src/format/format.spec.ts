import { describe, expect, it } from 'vitest'
import { formatBytes, formatCompact, formatCount, plural } from './count'
import { complete, includesTerm, narrow, quote, term, tokenAt, widen } from './query'
import { accumulate, bucketAt, stack } from './stack'
import { formatDuration, formatExact, formatRelative, formatTime } from './when'

const at = '2025-10-26T00:30:05.125Z'

describe('times and durations', () => {
  it('shows a clock, and which of two it is', () => {
    expect(formatTime(at, 'Europe/Berlin')).toBe('2025-10-26 02:30:05')
    expect(formatTime('2025-10-26T01:30:05Z', 'Europe/Berlin')).toBe('2025-10-26 02:30:05')
    expect(formatExact(at, 'Europe/Berlin')).toBe('2025-10-26T02:30:05+02:00')
    expect(formatExact('2025-10-26T01:30:05Z', 'Europe/Berlin')).toBe('2025-10-26T02:30:05+01:00')
    expect(formatTime(at, 'utc', 'millisecond')).toBe('2025-10-26 00:30:05.125')
    expect(formatTime(at, 'utc', 'day')).toBe('2025-10-26')
    expect(formatTime('nonsense', 'utc')).toBe('–')
  })

  it.each([
    [0, '0 s'],
    [0.12, '120 ms'],
    [59.6, '1 min'],
    [3600, '1 h'],
    [3605, '1 h'],
    [93784, '1 d 2 h'],
    [40_000_000, '1 y 97 d'],
  ])('%d s is %s', (seconds, want) => {
    expect(formatDuration(seconds)).toBe(want)
  })

  it('says how long ago', () => {
    const now = Date.parse(at)
    expect(formatRelative(at, now)).toBe('now')
    expect(formatRelative(at, now + 185_000)).toBe('3 min ago')
    expect(formatRelative(at, now - 7_200_000)).toBe('in 2 h')
  })
})

it('writes counts and sizes', () => {
  expect(formatCount(1234567)).toBe('1\u202f234\u202f567')
  expect([999, 1200, 18_342, 340_000, 2_500_000].map(formatCompact)).toEqual(['999', '1.2k', '18k', '340k', '2.5M'])
  expect(formatBytes(999_600)).toBe('1\u202fMB')
  expect(plural(1, 'event')).toBe('1 event')
  expect(plural(2, 'match', 'matches')).toBe('2 matches')
})

describe('the query as it is typed', () => {
  it.each([
    ['', 0, { field: '', prefix: '', start: 0, end: 0 }],
    ['act', 3, { field: '', prefix: 'act', start: 0, end: 3 }],
    ['a:b -reg', 8, { field: '', prefix: 'reg', start: 5, end: 8 }],
    ['actor:ma', 8, { field: 'actor', prefix: 'ma', start: 6, end: 8 }],
    ['-arn:arn:aws:iam', 16, { field: 'arn', prefix: 'arn:aws:iam', start: 5, end: 16 }],
    ['name:"Maya L', 12, { field: 'name', prefix: 'Maya L', start: 5, end: 12 }],
    ['(actor:m', 8, { field: 'actor', prefix: 'm', start: 7, end: 8 }],
    ['actor:maya region:eu', 8, { field: 'actor', prefix: 'ma', start: 6, end: 8 }],
  ])('%j at %d', (text, caret, want) => {
    expect(tokenAt(text, caret)).toEqual(want)
  })

  it('completes fields and values', () => {
    expect(complete('act', tokenAt('act', 3), 'actor')).toEqual({ text: 'actor:', caret: 6 })
    expect(complete('a:m b:c', tokenAt('a:m b:c', 3), 'Maya L')).toEqual({ text: 'a:"Maya L" b:c', caret: 10 })
  })

  it('quotes what would be read otherwise', () => {
    expect(quote('arn:aws:iam::1:user/maya')).toBe('arn:aws:iam::1:user/maya')
    expect(['OR', '-x', 'a b', 'say "hi"', 'a*', ''].map(quote)).toEqual(['"OR"', '"-x"', '"a b"', '"say \\"hi\\""', '"a*"', '""'])
  })

  it('narrows and widens', () => {
    expect(narrow('', 'actor', 'maya')).toBe('actor:maya')
    expect(narrow('x:1', 'actor', 'maya', true)).toBe('x:1 -actor:maya')
    expect(narrow('x:1 actor:maya', 'actor', 'maya', true)).toBe('x:1 -actor:maya')
    expect(narrow('actor:maya', 'actor', 'maya')).toBe('actor:maya')
    expect(narrow('a:1 OR b:2', 'c', '3')).toBe('(a:1 OR b:2) c:3')
    expect(narrow('(a:1 OR b:2)', 'c', '3')).toBe('(a:1 OR b:2) c:3')
    expect(widen('x:1 -actor:"Maya L"', 'actor', 'Maya L')).toBe('x:1')
    expect(includesTerm('x:1 actor:""', 'actor', '')).toBe(true)
    expect(term('a', '')).toBe('a:""')
  })
})

describe('stack', () => {
  const series = [
    { key: 'a', amounts: ['0.1', '0.2', null] },
    { key: 'b', amounts: ['0.2', '0.1', '1'] },
  ]

  it('puts each series on those before it, exactly', () => {
    expect(stack(series, 3).totals).toEqual([300_000_000n, 300_000_000n, 1_000_000_000n])
    expect(stack(series, 3).tops).toEqual([[0.1, 0.2, 0], [0.3, 0.3, 1]])
  })

  it('shows one alone from zero, and sums up', () => {
    expect(stack(series, 3, { isolated: 'b' }).tops).toEqual([[null, null, null], [0.2, 0.1, 1]])
    expect(stack(series, 3, { cumulative: true }).tops[1]).toEqual([0.3, 0.6, 1.6])
    expect(accumulate(['9007199254740993', '0.000000001'])).toEqual([9007199254740993000000000n, 9007199254740993000000001n])
  })

  it('finds the bucket of a moment', () => {
    expect([-1, 0, 9, 10, 29, 30].map((x) => bucketAt([0, 10, 20], 30, x))).toEqual([-1, 0, 0, 1, 2, -1])
  })
})
