import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    // No inlined files: everything is fetched from our own origin, as the policy demands.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  // `npm run dev` against a running instance (or the demo of web-api).
  server: { proxy: { '/api': process.env.QUAYWATCH_URL ?? 'http://127.0.0.1:2802' } },
});
