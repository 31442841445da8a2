import { defineConfig } from 'vitest/config'

export default defineConfig({
  root: import.meta.dirname,
  test: {
    environment: 'node',
    pool: 'forks',
    include: ['**/*.unit.test.ts'],
    testTimeout: 300_000,
    reporters: ['default', 'json'],
    outputFile: { json: '.results/vitest.json' },
  },
})
