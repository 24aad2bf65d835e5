import reactHooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// The layering of the UI, as far as a program can check it.
const onlyTheClientFetches = {
  "no-restricted-globals": [
    "error",
    { name: "fetch", message: "src/api.ts is the only file that fetches" },
    { name: "EventSource", message: "src/api.ts is the only file that opens event streams" },
  ],
};

const reducersArePure = {
  "no-restricted-globals": [
    "error",
    ...[
      "fetch",
      "EventSource",
      "document",
      "window",
      "localStorage",
      "indexedDB",
      "navigator",
      "setTimeout",
    ].map((name) => ({ name, message: "src/state/ holds pure functions: values in, values out" })),
  ],
  "no-restricted-imports": [
    "error",
    { patterns: ["react", "react-dom", "../app/*", "../parts/*"] },
  ],
};

export default tseslint.config(
  { ignores: ["dist", "node_modules", "e2e/out", "src/api.gen.ts"] },
  ...tseslint.configs.strict,
  reactHooks.configs.flat["recommended-latest"],
  {
    rules: {
      "max-lines": ["error", { max: 1000 }],
      "max-lines-per-function": ["error", { max: 70, skipComments: true }],
      "no-console": "error",
      "no-warning-comments": "error",
      eqeqeq: "error",
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/consistent-type-imports": "error",
      ...onlyTheClientFetches,
    },
  },
  { files: ["src/state/**"], rules: reducersArePure },
  { files: ["src/api.ts"], rules: { "no-restricted-globals": "off" } },
  {
    files: ["**/*.test.ts", "**/*.test.tsx", "e2e/**"],
    rules: { "max-lines-per-function": "off", "no-restricted-globals": "off" },
  },
);
