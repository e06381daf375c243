import { fileURLToPath } from 'node:url'
import { mergeConfig } from 'vite'
import app from '../vite.config.ts'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default mergeConfig(app, {
  root: here('.'),
  publicDir: here('../public'),
  build: { outDir: here('../shots/gallery'), manifest: false },
})
