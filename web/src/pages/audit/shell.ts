// Values from the log as words of other languages. Whoever writes to the log
// chooses these values, and somebody will paste them into a terminal.

// What a terminal acts on, or does not show: controls, the end of a bracketed
// paste among them, marks of direction, and blanks of no width.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/
const ALL_UNSEEN = new RegExp(UNSEEN.source, 'g')

/** One word of a POSIX shell; $'…' (bash, zsh, POSIX 2024) where it has what is not seen. */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_/][A-Za-z0-9_@:,./-]*$/.test(text)) return text
  if (!UNSEEN.test(text)) return `'${text.replace(/'/g, `'\\''`)}'`
  return `$'${text.replace(/[\\']/g, '\\$&').replace(ALL_UNSEEN, escapeUnseen)}'`
}

function escapeUnseen(char: string): string {
  const code = char.charCodeAt(0)
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
}

/** A string of SQL; its only special character is the quote. */
export function sqlText(text: string): string {
  return `'${text.replace(/'/g, "''")}'`
}
