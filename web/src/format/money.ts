// Money as the server sends it: decimal strings, exact to the last digit.
// Nothing here goes through Number but toPixels, whose result is for drawing.

export interface MoneyFormat {
  /** Digits after the point; 'auto' gives two, or four significant ones below 1. */
  digits?: number | 'auto'
  /** 'always' writes a plus before what is above zero. */
  sign?: 'auto' | 'always'
}

interface Parsed {
  units: bigint
  scale: number // digits after the point
}

const THIN = '\u202f'
const MINUS = '\u2212'
const SYMBOLS: Record<string, string> = { USD: '$', EUR: '€', GBP: '£', JPY: '¥', CNY: 'CN¥' }

function parse(text: string): Parsed {
  const match = /^([+-]?)(\d+)(?:\.(\d*))?$/.exec(text)
  if (!match) throw new RangeError(`"${text}" is not a decimal amount`)
  const fraction = match[3] ?? ''
  const units = BigInt(`${match[2]}${fraction}`)
  return { units: match[1] === '-' ? -units : units, scale: fraction.length }
}

function rescale({ units, scale }: Parsed, to: number): bigint {
  if (to >= scale) return units * 10n ** BigInt(to - scale)
  const step = 10n ** BigInt(scale - to)
  const half = units < 0n ? -step / 2n : step / 2n
  return (units + half) / step // half away from zero, as bills round
}

function write(units: bigint, scale: number): string {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0')
  const cut = digits.length - scale
  return `${units < 0n ? '-' : ''}${digits.slice(0, cut)}${scale > 0 ? '.' : ''}${digits.slice(cut)}`
}

/** The exact sum, with as many decimals as the most precise of the two. */
export function add(a: string, b: string): string {
  const x = parse(a)
  const y = parse(b)
  const scale = Math.max(x.scale, y.scale)
  return write(rescale(x, scale) + rescale(y, scale), scale)
}

export function sum(amounts: Iterable<string>): string {
  let total = '0'
  for (const amount of amounts) total = add(total, amount)
  return total
}

export function negate(a: string): string {
  const { units, scale } = parse(a)
  return write(-units, scale)
}

/** Below, at or above zero as a is less than, equal to or more than b. */
export function compare(a: string, b: string): -1 | 0 | 1 {
  const x = parse(a)
  const y = parse(b)
  const scale = Math.max(x.scale, y.scale)
  const difference = rescale(x, scale) - rescale(y, scale)
  return difference < 0n ? -1 : difference > 0n ? 1 : 0
}

export function isZero(a: string): boolean {
  return parse(a).units === 0n
}

/** Billionths of a unit of the currency; what is finer is rounded. */
export function toNano(a: string): bigint {
  return rescale(parse(a), 9)
}

export function fromNano(nano: bigint): string {
  return write(nano, 9)
}

/** a × by, exactly; by is a whole number, such as the hours of a month. */
export function times(a: string, by: number | bigint): string {
  const { units, scale } = parse(a)
  return write(units * BigInt(by), scale)
}

/** Rounded to so many decimals, half away from zero. */
export function round(a: string, digits: number): string {
  return write(rescale(parse(a), digits), digits)
}

/**
 * A Number for heights, widths and axes only. It is off by less than one part
 * in 10^15, which no pixel shows; never sum, compare or print it as money.
 */
export function toPixels(a: string): number {
  return Number(a)
}

// Four significant digits below 1, so that a small rate does not read as nothing.
function readableDigits(value: Parsed): number {
  const size = value.units < 0n ? -value.units : value.units
  if (size === 0n || size >= 10n ** BigInt(value.scale)) return 2
  const zeros = value.scale - size.toString().length
  return Math.min(9, Math.max(2, Math.min(zeros + 4, trimmedScale(size, value.scale))))
}

function trimmedScale(units: bigint, scale: number): number {
  let left = scale
  let rest = units
  while (left > 0 && rest % 10n === 0n) {
    rest /= 10n
    left--
  }
  return left
}

function group(whole: string): string {
  return whole.replace(/\B(?=(\d{3})+$)/g, THIN)
}

/** "1234.567890123", USD → "$1 234.57" (with thin no-break spaces). */
export function format(amount: string, currency = 'USD', options: MoneyFormat = {}): string {
  const value = parse(amount)
  const digits = options.digits === undefined || options.digits === 'auto' ? readableDigits(value) : options.digits
  const rounded = write(rescale(value, digits), digits)
  const [whole = '0', fraction] = rounded.replace('-', '').split('.')
  const shown = `${group(whole)}${fraction ? `.${fraction}` : ''}`
  return `${signOf(rounded, options.sign)}${symbol(currency)}${shown}`
}

function signOf(rounded: string, sign: MoneyFormat['sign']): string {
  if (/^-?0*\.?0*$/.test(rounded)) return ''
  if (rounded.startsWith('-')) return MINUS
  return sign === 'always' ? '+' : ''
}

function symbol(currency: string): string {
  return SYMBOLS[currency] ?? `${currency}${THIN}`
}

/** Short, for axes: "$1.2k", "$340", "$0.02". From pixels, as axes are. */
export function formatAxis(value: number, currency = 'USD'): string {
  const size = Math.abs(value)
  const sign = value < 0 ? MINUS : ''
  const [scaled, unit] = size >= 1e9 ? [size / 1e9, 'B'] : size >= 1e6 ? [size / 1e6, 'M'] : size >= 1e3 ? [size / 1e3, 'k'] : [size, '']
  return `${sign}${symbol(currency)}${Number(scaled.toPrecision(4))}${unit}`
}
