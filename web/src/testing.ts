// A server for tests of pages: what it was asked, and what it answers. Import
// it before what asks, which keeps the fetch that it finds.
import { VueQueryPlugin } from '@tanstack/vue-query'
import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import type { Component } from 'vue'
import { createMemoryHistory, type Router } from 'vue-router'
import { createQueryClient } from './api/queryClient'
import { createAppRouter } from './router'

export interface Asked {
  method: string
  url: URL
  body: unknown
}
export interface Answer {
  status?: number
  body?: unknown
}
type Answers = Record<string, (asked: Asked) => Answer>

/** "GET /v1/x" by what it answers; the longest that begins a request holds. */
export function serve(answers: Answers): Asked[] {
  const asked: Asked[] = []
  respond = async (request) => {
    const one = { method: request.method, url: new URL(request.url), body: request.body ? await request.clone().json().catch(() => undefined) : undefined }
    asked.push(one)
    const name = `${one.method} ${one.url.pathname}`
    const key = Object.keys(answers).filter((known) => name.startsWith(known)).toSorted((a, b) => b.length - a.length)[0]
    const { status = 200, body } = (key === undefined ? undefined : answers[key]?.(one)) ?? problem(404, 'Not here')
    return new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json' } })
  }
  return asked
}

export function problem(status: number, title: string, more: object = {}): Answer {
  return { status, body: { type: 'about:blank', title, status, ...more } }
}

export async function open(page: Component, path: string): Promise<{ page: VueWrapper; router: Router }> {
  const router = createAppRouter(createMemoryHistory())
  await router.push(path)
  const host = document.body.appendChild(document.createElement('main'))
  const wrapper = mount(page, { attachTo: host, global: { plugins: [router, [VueQueryPlugin, { queryClient: createQueryClient() }]] } })
  await settle()
  return { page: wrapper, router }
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 8; i++) {
    await flushPromises()
    await new Promise((done) => setTimeout(done, 0))
  }
}

export async function press(key: string): Promise<void> {
  window.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
  await settle()
}

let respond: (request: Request) => Promise<Response> = () => Promise.reject(new Error('nothing is served'))
globalThis.fetch = (input, init) => respond(new Request(input, init))
