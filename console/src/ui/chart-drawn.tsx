import { useComputedColorScheme } from "@mantine/core";
import { BarChart, LineChart } from "echarts/charts";
import { BrushComponent, GridComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useMemo, useReducer, useRef } from "react";
import { type Format, useFormat } from "@/words";
import { type DrawnProps, momentOf } from "./chart";

use([BarChart, LineChart, BrushComponent, GridComponent, TooltipComponent, CanvasRenderer]);

const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Counts up whenever a slice of a font has come: what a canvas drew before stays in the font it had. */
function useFonts(): number {
  const [count, came] = useReducer((seen: number) => seen + 1, 0);
  useEffect(() => {
    document.fonts.addEventListener("loadingdone", came);
    return () => document.fonts.removeEventListener("loadingdone", came);
  }, []);
  return count;
}

/** Draws; it is a chunk of its own, so that no screen waits for the chart library. */
export default function Drawn(props: DrawnProps) {
  const { label, height, at, grain, shape, unit, series, pick } = props;
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);
  const format = useFormat();
  const scheme = useComputedColorScheme("light");
  const fonts = useFonts();
  // The colours are read from the page, so the theme is what the option depends on; the fonts come later.
  const option = useMemo(() => optionOf({ at, grain, shape, unit, series }, format), [at, grain, shape, unit, series, format, scheme, fonts]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const drawn = init(element, null, { renderer: "canvas" });
    chart.current = drawn;
    const watch = new ResizeObserver(() => drawn.resize());
    watch.observe(element);
    return () => {
      watch.disconnect();
      drawn.dispose();
    };
  }, []);
  useEffect(() => {
    chart.current?.setOption(option, { notMerge: true });
    chart.current?.dispatchAction({ type: "takeGlobalCursor", key: "brush", brushOption: { brushType: "lineX", brushMode: "single" } });
  }, [option]);
  useEffect(() => {
    const drawn = chart.current;
    const onBrush = (event: unknown) => {
      const [first, last] = stretchOf(event);
      const [from, to] = [at[Math.max(0, first)], at[Math.min(at.length - 1, last)]];
      drawn?.dispatchAction({ type: "brush", areas: [] });
      if (from && to && first < last) pick(from, to);
    };
    drawn?.on("brushEnd", onBrush);
    return () => {
      drawn?.off("brushEnd", onBrush);
    };
  }, [at, pick]);

  return <div ref={box} role="img" aria-label={label} style={{ height, width: "100%" }} />;
}

/** The first and last place on the axis that were drawn over; nothing drawn is an empty stretch. */
function stretchOf(event: unknown): readonly [number, number] {
  const [area] = (event as { areas?: { coordRange?: [number, number] }[] }).areas ?? [];
  return area?.coordRange ?? [0, 0];
}

type Content = Pick<DrawnProps, "at" | "grain" | "shape" | "unit" | "series">;

function optionOf({ at, grain, shape, unit, series }: Content, format: Format) {
  const dim = token("--mantine-color-dimmed");
  const line = token("--w-line");
  const fontFamily = getComputedStyle(document.body).fontFamily;
  const font = { color: dim, fontSize: 12, fontFamily };
  return {
    animation: !still(),
    animationDuration: 150,
    animationDurationUpdate: 0,
    textStyle: { fontFamily },
    grid: { left: 4, right: 12, top: 28, bottom: 4, containLabel: true },
    tooltip: {
      trigger: "axis" as const,
      // Drawn on the canvas: no HTML is made from data, and no style attribute that the policy refuses.
      renderMode: "richText" as const,
      confine: true,
      backgroundColor: token("--mantine-color-body"),
      borderColor: line,
      textStyle: { color: token("--mantine-color-text"), fontSize: 12 },
      axisPointer: { type: shape === "bar" ? ("shadow" as const) : ("line" as const) },
      valueFormatter: (value: unknown) => (typeof value === "number" ? format.exact(value) : "–"),
    },
    brush: {
      xAxisIndex: 0,
      brushStyle: { color: "rgba(128, 128, 128, 0.2)", borderColor: dim, borderWidth: 1 },
      throttleType: "debounce" as const,
      // Nothing fades: the stretch becomes the chart.
      outOfBrush: { colorAlpha: 1 },
    },
    xAxis: {
      type: "category" as const,
      data: at.map((moment) => momentOf(format, grain, moment)),
      axisLabel: { ...font, hideOverlap: true },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: line } },
    },
    yAxis: {
      type: "value" as const,
      name: unit,
      nameTextStyle: { ...font, align: "left" as const },
      min: shape === "bar" ? 0 : undefined,
      minInterval: 1,
      splitNumber: 3,
      axisLabel: { ...font, formatter: (value: number) => format.short(value) },
      splitLine: { lineStyle: { color: line } },
    },
    series: series.map((each) => ({
      type: shape,
      name: each.name,
      data: [...each.values],
      stack: shape === "bar" ? "all" : undefined,
      color: token(each.colour),
      barCategoryGap: "20%",
      // A line needs two points; fewer are shown as what they are.
      showSymbol: each.values.filter((value) => value !== null).length < 2,
      lineStyle: { width: 2 },
    })),
  };
}
