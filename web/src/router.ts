// Pages and their addresses. Each page is loaded when it is first shown.
import { createRouter, createWebHistory, type RouteLocationNormalized, type RouteRecordRaw, type Router } from 'vue-router'

export interface PageLink {
  name: string
  label: string
  path: string
  icon: 'cost' | 'audit' | 'inventory' | 'accounts' | 'pipeline' | 'bell'
  /** After "g". */
  key: string
}

/** The navigation, in its order. */
export const PAGES: readonly PageLink[] = [
  { name: 'cost', label: 'Cost', path: '/', icon: 'cost', key: 'c' },
  { name: 'audit', label: 'Audit', path: '/audit', icon: 'audit', key: 'a' },
  { name: 'inventory', label: 'Inventory', path: '/inventory', icon: 'inventory', key: 'i' },
  { name: 'accounts', label: 'Accounts', path: '/accounts', icon: 'accounts', key: 'o' },
  { name: 'pipeline', label: 'Pipeline', path: '/pipeline', icon: 'pipeline', key: 'p' },
  { name: 'notifications', label: 'Alerts', path: '/notifications', icon: 'bell', key: 'n' },
]

const routes: RouteRecordRaw[] = [
  { path: '/', name: 'cost', component: () => import('./pages/cost/CostPage.vue'), meta: { title: 'Cost' } },
  { path: '/audit', name: 'audit', component: () => import('./pages/audit/AuditPage.vue'), meta: { title: 'Audit' } },
  { path: '/audit/:id', name: 'event', component: () => import('./pages/audit/EventPage.vue'), meta: { title: 'Event', page: 'audit' } },
  { path: '/inventory', name: 'inventory', component: () => import('./pages/inventory/InventoryPage.vue'), meta: { title: 'Inventory' } },
  {
    path: '/inventory/:resource',
    name: 'resource',
    component: () => import('./pages/inventory/ResourcePage.vue'),
    meta: { title: 'Resource', page: 'inventory' },
  },
  { path: '/accounts', name: 'accounts', component: () => import('./pages/accounts/AccountsPage.vue'), meta: { title: 'Accounts' } },
  { path: '/pipeline', name: 'pipeline', component: () => import('./pages/pipeline/PipelinePage.vue'), meta: { title: 'Pipeline' } },
  {
    path: '/notifications',
    name: 'notifications',
    component: () => import('./pages/notifications/NotificationsPage.vue'),
    meta: { title: 'Alerts' },
  },
  { path: '/settings', name: 'settings', component: () => import('./pages/settings/SettingsPage.vue'), meta: { title: 'Settings' } },
  { path: '/signin', name: 'signin', component: () => import('./pages/signin/SignInPage.vue'), meta: { title: 'Sign in', bare: true } },
  { path: '/:rest(.*)*', name: 'missing', component: () => import('./pages/MissingPage.vue'), meta: { title: 'Not found' } },
]

export function createAppRouter(history = createWebHistory()): Router {
  const router = createRouter({
    history,
    routes,
    scrollBehavior: (to, from, saved) => saved ?? (to.path === from.path ? false : { top: 0 }),
  })
  router.afterEach((to) => {
    document.title = `${titleOf(to)} · Kopter`
  })
  return router
}

function titleOf(route: RouteLocationNormalized): string {
  return typeof route.meta['title'] === 'string' ? route.meta['title'] : 'Kopter'
}

/** Comes back to where the user was once signed in. */
export async function goToSignIn(router: Router): Promise<void> {
  // While the first page is on its way the current route says nothing yet, and
  // to leave it would lose the secret of a sign-in link.
  await router.isReady()
  const current = router.currentRoute.value
  if (current.name === 'signin') return
  void router.replace({ name: 'signin', query: { next: current.fullPath } })
}

/** Only ranges and zones go along from page to page; the rest belongs to one. */
export function carried(query: RouteLocationNormalized['query']): Record<string, string> {
  const kept: Record<string, string> = {}
  for (const name of ['from', 'to', 'zone']) {
    const value = query[name]
    if (typeof value === 'string') kept[name] = value
  }
  return kept
}
