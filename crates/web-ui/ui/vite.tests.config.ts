// Compiles the unit tests to plain modules for `node --test`: no test framework needed.
import { readdirSync } from 'node:fs';
import { defineConfig } from 'vite';

const tests = readdirSync(new URL('./test', import.meta.url)).filter((name) => name.endsWith('.test.ts'));

export default defineConfig({
  logLevel: 'warn',
  publicDir: false,
  build: {
    ssr: true,
    outDir: 'node_modules/.unit-tests',
    emptyOutDir: true,
    rollupOptions: {
      input: Object.fromEntries(tests.map((name) => [name.replace(/\.ts$/, ''), `test/${name}`])),
      // Below node_modules no package.json says what a .js is; Node.js 18 does not guess.
      output: { entryFileNames: '[name].mjs', chunkFileNames: 'shared/[name].mjs' },
    },
  },
});
