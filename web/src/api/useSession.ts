// Who is signed in.
import { useMutation, useQuery, useQueryClient } from '@tanstack/vue-query'
import { api, data } from './client'

const KEY = ['session'] as const

export function useSession() {
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => data(api.GET('/v1/session', { signal })),
    staleTime: Infinity,
    retry: false,
  })
}

/** Exchanges the secret of a one-time link for a session cookie. */
export function useSignIn() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (secret: string) => data(api.POST('/v1/session', { body: { secret } })),
    onSuccess: (session) => client.setQueryData(KEY, session),
  })
}

export function useSignOut() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () => data(api.DELETE('/v1/session')),
    onSuccess: () => client.clear(),
  })
}
