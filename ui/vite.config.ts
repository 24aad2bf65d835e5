import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// `npm run dev` serves the page and hands `/api` to a running `annota serve`.
const server = process.env.ANNOTA_SERVER ?? "http://127.0.0.1:8700";
// The server answers its own page only, so what comes from here is sent as if from there.
const handed = { target: server, changeOrigin: true, headers: { origin: server } };

export default defineConfig({
  plugins: [react()],
  server: { proxy: { "/api": handed, "/health": handed } },
  // The server's content policy allows no inline scripts, styles or data URLs in scripts.
  build: {
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // What the first page needs is one file of each kind: every request costs more than its bytes.
    rolldownOptions: {
      output: { codeSplitting: { groups: [{ name: "frame", tags: ["$initial"] }] } },
    },
  },
  test: { include: ["src/**/*.test.ts", "src/**/*.test.tsx"] },
});
