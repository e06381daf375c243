// What a column of a DataTable is.

export interface Column<T> {
  key: string
  label: string
  /** A grid track: "160px", "minmax(120px, 2fr)". */
  width?: string
  /** Pixels that it needs at least; the table scrolls sideways below their sum. */
  min?: number
  align?: 'right'
  mono?: boolean
  sortable?: boolean
  /** The first click sorts the largest first. */
  descendingFirst?: boolean
  /** The cell's text, where there is no slot cell-KEY. */
  text?: (row: T) => string
  title?: (row: T) => string
}

export interface Sort {
  key: string
  order: 'asc' | 'desc'
}
