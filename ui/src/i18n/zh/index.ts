import app from "./app.json";
import audit from "./audit.json";
import common from "./common.json";
import explore from "./explore.json";
import exporting from "./export.json";
import home from "./home.json";
import keys from "./keys.json";
import label from "./label.json";
import progress from "./progress.json";
import review from "./review.json";
import server from "./server.json";
import settings from "./settings.json";
import told from "./told.json";

/** What the server says. */
export const words = server;

export default {
  app,
  audit,
  common,
  explore,
  export: exporting,
  home,
  keys,
  label,
  progress,
  review,
  settings,
  told,
};
