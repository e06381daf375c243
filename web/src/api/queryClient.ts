// How pages ask the server: what they have is shown at once and looked at again
// when it may be old; mistakes of the asker are not repeated.
import { QueryClient } from '@tanstack/vue-query'
import { ApiError } from './error'

export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        retry: (failures, error) => failures < 2 && !(error instanceof ApiError && !error.transient),
        retryDelay: (failures) => Math.min(8_000, 500 * 2 ** failures),
      },
      mutations: { retry: false },
    },
  })
}
