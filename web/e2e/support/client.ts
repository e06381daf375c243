// The API as a script uses it, to compare what pages show with what is true.
import type { components } from '../../src/api/schema.d.ts'

export type Schemas = components['schemas']

/** Milliseconds between two looks at something that is waited for. */
const LOOK = 100

export class Client {
  readonly url: string
  private readonly credentials: Record<string, string>

  /** credentials: a session's cookie, or a token for scripts. */
  constructor(url: string, credentials: { cookie: string } | { token: string }) {
    this.url = url
    this.credentials = 'cookie' in credentials ? { Cookie: credentials.cookie } : { Authorization: `Bearer ${credentials.token}` }
  }

  /** The session cookie for the secret of a sign-in link. */
  static async exchange(url: string, secret: string): Promise<string> {
    const response = await fetch(`${url}/v1/session`, { method: 'POST', headers: JSON_BODY, body: JSON.stringify({ secret }) })
    if (!response.ok) throw new Error(`sign in at ${url}: ${response.status} ${await response.text()}`)
    return response.headers.getSetCookie()[0]?.split(';')[0] ?? ''
  }

  async get<T>(path: string, query: Record<string, string> = {}): Promise<T> {
    const response = await this.fetch(`${path}?${new URLSearchParams(query)}`)
    if (!response.ok) throw new Error(`GET ${path} ${JSON.stringify(query)}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.url + path, { ...init, headers: { ...this.credentials, ...init.headers } })
  }

  /** A fresh sign-in link. */
  async link(): Promise<string> {
    const response = await this.fetch('/v1/session/links', { method: 'POST' })
    if (!response.ok) throw new Error(`POST /v1/session/links: ${response.status} ${await response.text()}`)
    return ((await response.json()) as Schemas['Link']).url
  }

  /** Waits until that many events are in, and no stage has anything left to do. */
  async idle(events: number, timeout = 120_000): Promise<Schemas['Pipeline']> {
    return until(`${events} events to go through every stage`, timeout, async () => {
      const pipeline = await this.get<Schemas['Pipeline']>('/v1/pipeline')
      const waiting = pipeline.stages.reduce((sum, stage) => sum + stage.ready + stage.hidden + stage.delayed, 0)
      return pipeline.lake.rows >= events && waiting === 0 ? pipeline : undefined
    })
  }
}

const JSON_BODY = { 'Content-Type': 'application/json' }

/** The first answer of look that is one; an error after timeout milliseconds. */
export async function until<T>(what: string, timeout: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + timeout
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (performance.now() > end) throw new Error(`waited ${timeout / 1000} s for ${what}`)
    await new Promise((done) => setTimeout(done, LOOK))
  }
}
