// Every shared component on one page, with made-up data: for eyes, axe, and the
// content security policy. Not part of the app.
import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import { createMemoryHistory, createRouter, RouterView } from 'vue-router'
import { createQueryClient } from '@/api/queryClient'
import Gallery from './Gallery.vue'
import '@/styles/tokens.css'
import '@/styles/base.css'

const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: Gallery }] })
createApp(RouterView).use(router).use(VueQueryPlugin, { queryClient: createQueryClient() }).mount('#app')
