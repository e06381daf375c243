/** "role/deploy" of an ARN; a name that is none stays as it is. */
export function nameOf(principal: string): string {
  return /^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.+)$/s.exec(principal)?.[1] ?? principal
}
