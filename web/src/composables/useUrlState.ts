// The URL is the whole state of a page. A page names its parameters, their
// defaults are left out of the URL, acts push an entry that Back undoes, and
// continuous changes replace the current one.
import { computed, type ComputedRef, type WritableComputedRef } from 'vue'
import { useRoute, useRouter, type LocationQuery, type LocationQueryRaw, type Router } from 'vue-router'

export interface Param<T> {
  /** null where the text makes no sense; the default then holds. */
  read(text: string): T | null
  write(value: T): string
  initial: T
}

type Params = Record<string, Param<unknown>>
export type Values<P extends Params> = { [K in keyof P]: P[K]['initial'] }

export interface UrlState<P extends Params> {
  values: ComputedRef<Values<P>>
  /** One ref per parameter; writing it pushes. */
  refs: { [K in keyof P]: WritableComputedRef<P[K]['initial']> }
  push: (patch: Partial<Values<P>>) => void
  replace: (patch: Partial<Values<P>>) => void
  reset: (...names: (keyof P & string)[]) => void
}

export const param = {
  text: (initial = ''): Param<string> => ({ read: (text) => text, write: (value) => value, initial }),
  oneOf: <const T extends string>(all: readonly T[], initial: NoInfer<T>): Param<T> => ({
    read: (text) => all.find((value) => value === text) ?? null,
    write: (value) => value,
    initial,
  }),
  number: (initial: number, min = -Infinity, max = Infinity): Param<number> => ({
    read: (text) => (/^-?\d+(\.\d+)?$/.test(text) && Number(text) >= min && Number(text) <= max ? Number(text) : null),
    write: String,
    initial,
  }),
  flag: (initial = false): Param<boolean> => ({
    read: (text) => (text === '1' ? true : text === '0' ? false : null),
    write: (value) => (value ? '1' : '0'),
    initial,
  }),
  /** Texts in order; a comma inside one is kept. */
  list: (): Param<readonly string[]> => ({
    read: (text) => (text === '' ? [] : text.split(',').map((part) => part.replace(/~1/g, ',').replace(/~0/g, '~'))),
    write: (value) => value.map((part) => part.replace(/~/g, '~0').replace(/,/g, '~1')).join(','),
    initial: [],
  }),
}

interface Pending {
  patch: Record<string, string | undefined>
  push: boolean
}

// Changes of one tick are one entry of the history, whoever makes them.
const pending = new WeakMap<Router, Pending>()

function schedule(router: Router, patch: Pending['patch'], push: boolean): void {
  const waiting = pending.get(router)
  if (waiting) {
    Object.assign(waiting.patch, patch)
    waiting.push ||= push
    return
  }
  pending.set(router, { patch, push })
  queueMicrotask(() => apply(router))
}

function apply(router: Router): void {
  const change = pending.get(router)
  pending.delete(router)
  if (!change) return
  const current = router.currentRoute.value
  const query: LocationQueryRaw = { ...current.query }
  for (const [name, text] of Object.entries(change.patch)) {
    if (text === undefined) delete query[name]
    else query[name] = text
  }
  const target = { path: current.path, hash: current.hash, query }
  void (change.push ? router.push(target) : router.replace(target))
}

export function useUrlState<P extends Params>(params: P): UrlState<P> {
  const route = useRoute()
  const router = useRouter()
  const values = computed(() => readAll(params, route.query))

  function change(patch: Partial<Values<P>>, push: boolean): void {
    const texts: Pending['patch'] = {}
    for (const [name, value] of Object.entries(patch)) {
      const parameter = params[name]
      if (parameter) texts[name] = writeOne(parameter, value)
    }
    schedule(router, texts, push)
  }

  const push = (patch: Partial<Values<P>>) => change(patch, true)
  const refs = Object.fromEntries(
    Object.keys(params).map((name) => [
      name,
      computed({ get: () => values.value[name], set: (value) => push({ [name]: value } as Partial<Values<P>>) }),
    ]),
  ) as UrlState<P>['refs']
  const reset = (...names: (keyof P & string)[]) =>
    schedule(router, Object.fromEntries((names.length ? names : Object.keys(params)).map((name) => [name, undefined])), true)

  return { values, refs, push, replace: (patch) => change(patch, false), reset }
}

function readAll<P extends Params>(params: P, query: LocationQuery): Values<P> {
  return Object.fromEntries(Object.entries(params).map(([name, parameter]) => [name, readOne(parameter, query[name])])) as Values<P>
}

function readOne(parameter: Param<unknown>, found: LocationQuery[string] | undefined): unknown {
  const text = Array.isArray(found) ? found[0] : found
  return text === undefined || text === null ? parameter.initial : (parameter.read(text) ?? parameter.initial)
}

function writeOne(parameter: Param<unknown>, value: unknown): string | undefined {
  const text = parameter.write(value)
  return text === parameter.write(parameter.initial) ? undefined : text
}
