// Counts, sizes and plurals.

const THIN = '\u202f'

/** 1234567 → "1 234 567" with thin no-break spaces. */
export function formatCount(count: number): string {
  return String(Math.round(count)).replace(/\B(?=(\d{3})+$)/g, THIN)
}

/** 1234567 → "1.2M": for places where a digit more would not be read. */
export function formatCompact(count: number): string {
  for (const [size, unit] of [[1e9, 'B'], [1e6, 'M'], [1e3, 'k']] as const) {
    if (count >= size) return `${Number((count / size).toPrecision(count / size >= 100 ? 3 : 2))}${unit}`
  }
  return String(Math.round(count))
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']
  let size = bytes
  let unit = 0
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000
    unit++
  }
  return `${unit === 0 ? size : Number(size.toPrecision(3))}${THIN}${units[unit]}`
}

/** plural(2, 'event') → "2 events". */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`
}
