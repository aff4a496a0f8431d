/** Colours of a theme; the text colour and the background are CloudWatch's own. */
export interface Palette {
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly line: string;
  readonly area: string;
  readonly good: string;
  readonly bad: string;
  readonly open: string;
}

export const PALETTES: Readonly<Record<"light" | "dark", Palette>> = {
  light: {
    text: "#16191f",
    faint: "#545b64",
    grid: "#d5dbdb",
    line: "#0073bb",
    area: "#e1f0f8",
    good: "#1d8102",
    bad: "#d13212",
    open: "#b7791f",
  },
  dark: {
    text: "#eaeded",
    faint: "#95a5a6",
    grid: "#414d5c",
    line: "#44b9d6",
    area: "#16374a",
    good: "#6aaf35",
    bad: "#ff5d64",
    open: "#dfb52c",
  },
};
