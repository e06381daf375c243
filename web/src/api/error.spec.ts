import { describe, expect, it, vi } from 'vitest'
import { api, data, onSignedOut } from './client'
import { ApiError, fromResponse, textOffset } from './error'

function answer(body: unknown, status: number, type = 'application/problem+json'): Response {
  return new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers: { 'Content-Type': type } })
}

describe('problem details', () => {
  it('become an error with its parts', async () => {
    const error = await fromResponse(answer({ type: 'urn:kopter:problem:query', title: 'The query is wrong', status: 400, detail: 'a term is missing', offset: 4, parameter: 'q', request_id: 'r1' }, 400))
    expect(error).toMatchObject({ title: 'The query is wrong', detail: 'a term is missing', offset: 4, parameter: 'q', requestId: 'r1', status: 400, transient: false })
    expect(error.message).toBe('The query is wrong: a term is missing')
  })

  it('are made up where a proxy answers', async () => {
    expect(await fromResponse(answer('<html>', 502, 'text/html'))).toMatchObject({ status: 502, transient: true })
    expect(await fromResponse(answer('{', 500))).toMatchObject({ status: 500 })
  })

  it('count bytes, where an input counts UTF-16', () => {
    expect([0, 1, 3, 7, 8].map((bytes) => textOffset('aé😀b', bytes))).toEqual([0, 1, 2, 4, 5])
  })
})

describe('the client', () => {
  it('throws, and leads to the sign-in page on 401', async () => {
    const signedOut = vi.fn()
    onSignedOut(signedOut)
    const fetch = () => Promise.resolve(answer({ type: 'about:blank', title: 'Sign in', status: 401 }, 401))
    await expect(data(api.GET('/v1/session', { fetch }))).rejects.toMatchObject({ status: 401, title: 'Sign in' })
    expect(signedOut).toHaveBeenCalledTimes(1)
  })

  it('says so when there is no server, and lets an abort be one', async () => {
    const down = () => Promise.reject(new TypeError('Failed to fetch'))
    const error = await data(api.GET('/v1/session', { fetch: down })).catch((caught: unknown) => caught)
    expect(error).toBeInstanceOf(ApiError)
    expect(error).toMatchObject({ status: 0, transient: true })
    const aborted = () => Promise.reject(new DOMException('', 'AbortError'))
    await expect(data(api.GET('/v1/session', { fetch: aborted }))).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('gives the body, or nothing for 204', async () => {
    const fetch = () => Promise.resolve(answer({ tenant: 't', name: 'n', version: 'v', demo: false }, 200, 'application/json'))
    expect(await data(api.GET('/v1/session', { fetch }))).toMatchObject({ tenant: 't' })
    expect(await data(api.DELETE('/v1/session', { fetch: () => Promise.resolve(new Response(null, { status: 204 })) }))).toBeUndefined()
  })
})
