// The first thing that runs. Read on in app/App.tsx.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App, warmUp } from "./app/App";
import { watchPresence } from "./app/presence";
import "./app/tokens.css";
import "./app/base.css";

/** How long the first drawing waits for what it shows, before it draws placeholders. */
const PATIENCE_MS = 200;

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id `root`");
watchPresence();
const patience = new Promise((resolve) => setTimeout(resolve, PATIENCE_MS));
void Promise.race([warmUp(), patience]).then(() => {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
});
