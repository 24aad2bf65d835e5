// Who may do what: each role may do all that the one before it may.

import type { Role } from "../api.types";

const RANK: Record<Role, number> = { annotator: 0, reviewer: 1, owner: 2 };

export const mayDo = (role: Role, needed: Role): boolean => RANK[needed] <= RANK[role];
