import { VueQueryPlugin } from '@tanstack/vue-query'
import { createApp } from 'vue'
import { onSignedOut } from './api/client'
import { createQueryClient } from './api/queryClient'
import App from './App.vue'
import { createAppRouter, goToSignIn } from './router'
import './styles/tokens.css'
import './styles/base.css'

const router = createAppRouter()
onSignedOut(() => void goToSignIn(router))
createApp(App).use(router).use(VueQueryPlugin, { queryClient: createQueryClient() }).mount('#app')
