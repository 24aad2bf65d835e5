// Makes a project from chosen files: creates it, sends the files in portions,
// starts the import. After a failure it goes on where it stopped.

import { useQueryClient } from "@tanstack/react-query";
import { useReducer, useState } from "react";

import { api } from "../../api";
import type { ImportRequest } from "../../api.types";
import { names } from "../../app/queries";
import { uuid } from "../../app/uuid";
import {
  making,
  opened,
  portions,
  sizeOf,
  type Making,
  type MakingEvent,
} from "../../state/upload";
import type { ChosenFile } from "./files";

/** What is to be made: a new project, or more data for the project `into`. */
export type Plan = Readonly<{
  into: string | null;
  name: string;
  classes: readonly string[];
  files: readonly ChosenFile[];
  request: Omit<ImportRequest, "upload" | "path">;
}>;

export function useMaking() {
  const client = useQueryClient();
  const [state, dispatch] = useReducer(making, { kind: "choosing" });
  const [upload] = useState(uuid);

  const run = async (plan: Plan, from: Making) => {
    let now = from;
    const tell = (event: MakingEvent) => {
      now = making(now, event);
      dispatch(event);
    };
    try {
      if (now.kind === "choosing") {
        tell({ kind: "started" });
        const { into, name, classes } = plan;
        const project = into ?? (await api.newProject(name, [...classes])).id;
        tell({ kind: "created", project });
      }
      if (now.kind !== "sending") return;
      const { project, sent } = now;
      const all = opened(plan.files);
      for (const [start, end] of portions(all).slice(sent.nPortions)) {
        const files = all.slice(start, end);
        await api.upload(project, upload, files);
        tell({ kind: "sent", nFiles: files.length, size: sizeOf(files) });
      }
      const started = await api.startImport(project, { upload, ...plan.request });
      client.setQueryData(names.importing(project), started);
      tell({ kind: "handedOver" });
    } catch (error) {
      tell({ kind: "failed", error });
    } finally {
      void client.invalidateQueries({ queryKey: names.projects });
    }
  };

  return {
    state,
    start: (plan: Plan) => void run(plan, { kind: "choosing" }),
    retry: (plan: Plan) => {
      const next = making(state, { kind: "retried" });
      dispatch({ kind: "retried" });
      if (next.kind === "sending") void run(plan, next);
    },
  };
}
