import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from "@mantine/core";

const ink: MantineColorsTuple = [
  "#eef3fb", "#dbe5f5", "#b5cae9", "#8caddd", "#6993d2", "#5383cb", "#467bc9", "#3769b1", "#2e5d9f", "#204f8d",
];
const night: MantineColorsTuple = [
  "#e4e6e9", "#b9bdc3", "#979ca4", "#6d727b", "#3b3f46", "#2b2e34", "#212429", "#16181b", "#111214", "#0b0c0d",
];

export const theme = createTheme({
  // `--w-east` is of style.css: which of two scripts draws a character that both have depends on the language.
  fontFamily: '"Inter Variable", Inter, var(--w-east), system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Noto Sans Mono", monospace, var(--w-east)',
  fontSizes: { xs: "12px", sm: "14px", md: "14px", lg: "20px", xl: "28px" },
  lineHeights: { xs: "16px", sm: "20px", md: "20px", lg: "28px", xl: "36px" },
  spacing: { xs: "4px", sm: "8px", md: "16px", lg: "24px", xl: "32px" },
  radius: { xs: "4px", sm: "6px", md: "8px", lg: "8px", xl: "8px" },
  defaultRadius: "md",
  primaryColor: "ink",
  primaryShade: { light: 8, dark: 7 },
  colors: { ink, dark: night },
  headings: {
    fontWeight: "600",
    sizes: {
      h1: { fontSize: "20px", lineHeight: "28px" },
      h2: { fontSize: "14px", lineHeight: "20px" },
      h3: { fontSize: "14px", lineHeight: "20px" },
    },
  },
  respectReducedMotion: true,
  cursorType: "pointer",
});

/** Colours that carry a meaning; charts and chips take them from here and nowhere else. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-dimmed": "#5a626b",
    "--mantine-color-placeholder": "#6a727b",
    "--w-line": "#e6e8eb",
    "--w-soft": "#f6f7f8",
    "--w-accent": "#2e5d9f",
    "--w-good": "#1b7a4b",
    "--w-warn": "#96590a",
    "--w-bad": "#b3261e",
    "--w-known": "#2f6fb7",
    "--w-anonymous": "#9aa3ad",
    "--w-quarantined": "#c77d12",
    "--w-entered": "#1a8f72",
    "--w-exited": "#a9559a",
    "--w-sixth": "#7b8530",
  },
  dark: {
    "--mantine-color-dimmed": "#9aa0a9",
    "--mantine-color-placeholder": "#8b929b",
    "--w-line": "#2a2d33",
    "--w-soft": "#1c1f23",
    "--w-accent": "#8caddd",
    "--w-good": "#5cc08d",
    "--w-warn": "#e0a54a",
    "--w-bad": "#f08b82",
    "--w-known": "#6ea3e0",
    "--w-anonymous": "#7f8791",
    "--w-quarantined": "#e0a54a",
    "--w-entered": "#4fbf9f",
    "--w-exited": "#cf8cc3",
    "--w-sixth": "#b3bd63",
  },
});
