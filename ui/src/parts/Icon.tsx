// The icons of the page, drawn here on a grid of 24 so that none is loaded.
// They decorate: the name of a control is always written or given as a label.

const PATHS = {
  home: "M4 11 12 4l8 7M6 10v9h12v-9",
  label: "M4 12V5h7l9 9-7 7-9-9ZM8 9h.01",
  progress: "M4 19h16M5 15l5-5 4 3 6-7",
  audit: "M12 3 5 6v5c0 5 3 8 7 10 4-2 7-5 7-10V6l-7-3ZM9 12l2 2 4-4",
  review: "M4 5h16v11h-8l-5 4v-4H4V5ZM9 10l2 2 4-4",
  explore:
    "M6 6.500a1.500 1.500 0 1 0 .01 0M16.500 5a1.500 1.500 0 1 0 .01 0M11 11a1.500 1.500 0 1 0 .01 0M18.500 13a1.500 1.500 0 1 0 .01 0M6.500 16a1.500 1.500 0 1 0 .01 0M14 18a1.500 1.500 0 1 0 .01 0",
  export: "M12 15V4M8 8l4-4 4 4M5 14v6h14v-6",
  settings:
    "M4 7h9M17 7h3M4 17h3M11 17h9M13 7a2 2 0 1 0 4 0 2 2 0 1 0-4 0M7 17a2 2 0 1 0 4 0 2 2 0 1 0-4 0",
  undo: "M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3",
  redo: "m15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3",
  next: "m9 5 7 7-7 7",
  previous: "m15 5-7 7 7 7",
  down: "m6 9 6 6 6-6",
  up: "m6 15 6-6 6 6",
  move: "M12 3v18M3 12h18M9 6l3-3 3 3M9 18l3 3 3-3M6 9l-3 3 3 3M18 9l3 3-3 3",
  check: "m5 12 5 5 9-11",
  close: "M6 6l12 12M18 6 6 18",
  skip: "m5 6 7 6-7 6V6ZM19 6v12",
  flag: "M6 21V4M6 4h12l-3 4.5L18 13H6",
  comment: "M4 5h16v11h-9l-5 4v-4H4V5Z",
  grid: "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
  single: "M4 5h16v14H4z",
  picture: "M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M9 9.500h.01",
  text: "M5 6h14M5 11h14M5 16h9",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l5 5",
  keyboard: "M3 7h18v11H3zM7 11h.01M11 11h.01M15 11h.01M18 11h.01M8 15h8",
  contrast: "M12 4a8 8 0 1 0 0 16V4Z M12 4a8 8 0 0 1 0 16",
  brightness:
    "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5 19 19M19 5l-1.5 1.5M6.5 17.5 5 19",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  zoomIn: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l5 5M11 8v6M8 11h6",
  zoomOut: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14ZM16 16l5 5M8 11h6",
  plus: "M12 5v14M5 12h14",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM4 21c1-5 4-7 8-7s7 2 8 7",
  download: "M12 4v11M8 11l4 4 4-4M5 20h14",
  print: "M7 8V4h10v4M7 17H4V8h16v9h-3M7 14h10v6H7z",
  upload: "M12 16V5M8 9l4-4 4 4M5 19h14",
  folder: "M3 6h6l2 2h10v11H3V6Z",
  trash: "M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13",
  warning: "M12 4 2.5 20h19L12 4ZM12 10v5M12 17.5h.01",
  info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 11v6M12 7.5h.01",
  similar: "M9 5a6 6 0 1 0 0 12A6 6 0 0 0 9 5ZM15 7a6 6 0 1 1-2 11.5",
  sparkle: "M12 4l1.8 5.2L19 11l-5.2 1.8L12 18l-1.8-5.2L5 11l5.2-1.8L12 4ZM19 17v4M17 19h4",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l3 2",
  cloudOff: "M4 4l16 16M8 8a5 5 0 0 0-1 10h9M11 7a5 5 0 0 1 7 5 3 3 0 0 1 2 5",
  filter: "M4 5h16l-6 8v6l-4-2v-4L4 5Z",
  lasso:
    "M12 4c5 0 8 2.500 8 5.500S17 15 12 15s-8-2.500-8-5.500S7 4 12 4ZM8 15c-2 1-2 3 0 4 1 .5 1 1.500 0 2",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  key: "M15 4a5 5 0 1 0 0 10 5 5 0 0 0 0-10ZM11.500 12.500 4 20M7 17l2 2M4 20h3",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.75}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
      style={{ flex: "none" }}
    >
      <path d={PATHS[name]} />
    </svg>
  );
}
