// The end-to-end tests: `make test-e2e`, which names the program in ANNOTA and
// Chromium in CHROMIUM. Each file starts its own server in a folder of its own.
import { defineConfig } from "vitest/config";

export default defineConfig({
  cacheDir: "../node_modules/.vite-e2e",
  test: {
    root: import.meta.dirname,
    include: ["**/*.test.ts"],
    globalSetup: ["prepare.ts"],
    // A loaded machine with two cores embeds some ten pictures a second.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
