// How a project is called on screen, as a pure function.

/** A project made beside its data is named after the folder that holds it: `messages.annota`. */
export const titleOf = (project: Readonly<{ name: string }>): string =>
  project.name.replace(/(?<=.)\.annota$/, "");
