// The first thing that runs. Read on in app/App.tsx.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app/App";
import "./app/tokens.css";
import "./app/base.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id `root`");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
