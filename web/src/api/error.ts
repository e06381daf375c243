// Problem details (RFC 9457) as an Error that pages can show and act on.
import type { components } from './schema'

export type Problem = components['schemas']['Problem']

export class ApiError extends Error {
  readonly type: string
  readonly title: string
  /** 0 when the server could not be reached. */
  readonly status: number
  readonly detail: string
  /** Where in the query the mistake is: a UTF-16 index, once placed in its text. */
  readonly offset: number | undefined
  readonly parameter: string | undefined
  readonly requestId: string | undefined

  constructor(problem: Problem) {
    super(problem.detail ? `${problem.title}: ${problem.detail}` : problem.title)
    this.name = 'ApiError'
    this.type = problem.type
    this.title = problem.title
    this.status = problem.status
    this.detail = problem.detail ?? ''
    this.offset = problem.offset
    this.parameter = problem.parameter
    this.requestId = problem.request_id
  }

  /** Trying again may help: the network, a limit, or the server's own fault. */
  get transient(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500
  }
}

export function offline(): ApiError {
  return new ApiError({ type: 'about:blank', title: 'Kopter cannot be reached', status: 0, detail: 'Is the server running?' })
}

export async function fromResponse(response: Response): Promise<ApiError> {
  const fallback: Problem = { type: 'about:blank', title: response.statusText || `Error ${response.status}`, status: response.status }
  if (!/\bjson\b/.test(response.headers.get('Content-Type') ?? '')) return new ApiError(fallback)
  try {
    const body = (await response.clone().json()) as Partial<Problem>
    return new ApiError({ ...fallback, ...body })
  } catch {
    return new ApiError(fallback)
  }
}

/** The server counts bytes of UTF-8; an input counts UTF-16 units. */
export function textOffset(text: string, bytes: number): number {
  let seen = 0
  let index = 0
  for (const char of text) {
    if (seen >= bytes) break
    seen += new TextEncoder().encode(char).length
    index += char.length
  }
  return index
}
