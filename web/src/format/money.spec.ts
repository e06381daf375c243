import { describe, expect, it } from 'vitest'
import { add, compare, format, formatAxis, fromNano, isZero, negate, round, sum, times, toNano, toPixels } from './money'

const thin = '\u202f'

describe('format', () => {
  it.each([
    ['1234.567890123', {}, `$1${thin}234.57`],
    ['0', {}, '$0.00'],
    ['-0.000000000', {}, '$0.00'],
    ['0.0104000000', {}, '$0.0104'],
    ['0.010412345', {}, '$0.01041'],
    ['0.5', {}, '$0.50'],
    ['0.999999', {}, '$1.0000'],
    ['0.000000001', {}, '$0.000000001'],
    ['999999.995', {}, `$1${thin}000${thin}000.00`],
    ['-12.345', {}, '\u2212$12.35'],
    ['-0.001', { digits: 2 }, '$0.00'],
    ['3', { sign: 'always' }, '+$3.00'],
    ['0', { sign: 'always' }, '$0.00'],
    ['2.5', { digits: 0 }, '$3'],
    ['123456789012345678901234567890.125', { digits: 2 }, `$123${thin}456${thin}789${thin}012${thin}345${thin}678${thin}901${thin}234${thin}567${thin}890.13`],
  ] as const)('%s %j is %s', (amount, options, want) => {
    expect(format(amount, 'USD', options)).toBe(want)
  })

  it('names currencies that have no sign of their own', () => {
    expect(format('12', 'CHF')).toBe(`CHF${thin}12.00`)
    expect(format('12', 'CNY')).toBe('CN¥12.00')
  })

  it.each(['', 'NaN', '1e5', '1,5', '.5', '--1', '0x10'])('refuses %j', (text) => {
    expect(() => format(text)).toThrow(RangeError)
  })
})

describe('exact arithmetic', () => {
  it('does not lose what a Number would', () => {
    expect(add('0.1', '0.2')).toBe('0.3')
    expect(add('9007199254740993.000000001', '0.000000001')).toBe('9007199254740993.000000002')
    expect(sum(Array.from({ length: 10 }, () => '0.100000001'))).toBe('1.000000010')
    expect(add('1.5', '-2')).toBe('-0.5')
    expect(negate('-0.5')).toBe('0.5')
    expect(times('0.0104000000', 730)).toBe('7.5920000000')
  })

  it('compares whatever the number of decimals', () => {
    expect(compare('1.10', '1.1')).toBe(0)
    expect(compare('-1', '-1.000000001')).toBe(1)
    expect(compare('9007199254740992.1', '9007199254740992.2')).toBe(-1)
    expect(isZero('-0.000')).toBe(true)
  })

  it('rounds half away from zero', () => {
    expect(round('0.125', 2)).toBe('0.13')
    expect(round('-0.125', 2)).toBe('-0.13')
    expect(round('1.9999', 3)).toBe('2.000')
    expect(toNano('0.0000000005')).toBe(1n)
  })

  it('goes to billionths and back', () => {
    for (const text of ['0.000000001', '-1234.500000000', '0.000000000', '98765432109876543210.123456789']) {
      expect(fromNano(toNano(text))).toBe(text)
    }
  })
})

it('makes Numbers for pixels only', () => {
  expect(toPixels('12.5')).toBe(12.5)
  expect([0, 0.02, 340, 1200, 2.5e6, -4e9].map((n) => formatAxis(n))).toEqual(['$0', '$0.02', '$340', '$1.2k', '$2.5M', '\u2212$4B'])
})
