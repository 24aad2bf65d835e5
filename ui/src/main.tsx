// The first thing that runs. Read on in app/App.tsx.

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App, warmUp } from "./app/App";
import "./app/tokens.css";
import "./app/base.css";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html has no element with the id `root`");
warmUp();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
