// The server's API, typed by its specification (schema.d.ts is generated).
import createClient, { type Middleware } from 'openapi-fetch'
import { ApiError, fromResponse, offline } from './error'
import type { components, paths } from './schema'

export type Schemas = components['schemas']

// A 401 anywhere leads to the sign-in page; the router says how.
let signedOut: () => void = () => {}
export function onSignedOut(run: () => void): void {
  signedOut = run
}

const problems: Middleware = {
  async onResponse({ response }) {
    if (response.ok || response.status === 304) return
    const error = await fromResponse(response)
    if (error.status === 401) signedOut()
    throw error
  },
  onError({ error }) {
    return error instanceof ApiError || (error instanceof DOMException && error.name === 'AbortError') ? undefined : offline()
  },
}

export const api = createClient<paths>({ baseUrl: window.location.origin, credentials: 'same-origin' })
api.use(problems)

/**
 * The body of an answer, for vue-query: `data(api.GET(…))`. Errors are thrown
 * as ApiError by the middleware, so that what arrives here has a body.
 */
export async function data<T>(answer: Promise<{ data?: T; response: Response }>): Promise<T> {
  const { data: body, response } = await answer
  if (body === undefined && response.status !== 204) {
    throw new ApiError({ type: 'about:blank', title: 'The answer was empty.', status: response.status })
  }
  return body as T
}
