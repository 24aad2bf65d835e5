// Prints the types of what travels over the API, from the committed description
// of it. Of the routes nothing is printed: src/api.ts names them.

import { readFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const file = new URL("../crates/app/tests/openapi.json", import.meta.url);
const { openapi, info, components } = JSON.parse(readFileSync(file, "utf8"));
const types = await openapiTS(
  { openapi, info, paths: {}, components: { schemas: components.schemas } },
  { defaultNonNullable: false },
);
process.stdout.write(`// Made by \`npm run types\`; not to be edited.\n\n${astToString(types)}`);
