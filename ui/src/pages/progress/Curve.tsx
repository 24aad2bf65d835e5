// The learning curve: accuracy on items the model was not trained on, with its
// interval, over the answers given. Reads nothing from the server.

import { useEffect, useRef } from "react";
import uPlot, { type AlignedData, type Options } from "uplot";
import "uplot/dist/uPlot.min.css";

import type { Plan } from "../../api.types";
import { useT, type Translator } from "../../i18n";
import { useColours } from "../../parts/useColours";
import styles from "./Curve.module.css";

const TOKENS = ["accent", "ink-soft", "line", "good", "surface"] as const;
const HEIGHT = 280;

export default function Curve({ curve, maxError }: { curve: Plan["curve"]; maxError: number }) {
  const t = useT();
  const colours = useColours(TOKENS);
  const root = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const options = optionsFor(t, colours, curve, maxError, element.clientWidth);
    const chart = new uPlot(options, dataOf(curve), element);
    const observer = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [t, colours, curve, maxError]);

  const last = curve.at(-1);
  return (
    <figure className={styles["figure"]}>
      <div
        ref={root}
        role="img"
        aria-label={
          last
            ? t("progress.curveAlt", {
                n: last.n_answers,
                accuracy: t.percent(last.accuracy, 1),
              })
            : t("progress.curve")
        }
      />
      <figcaption className={styles["caption"]}>
        {t(hasInterval(curve) ? "progress.curveNote" : "progress.curveNotePlain", {
          aim: t.percent(1 - maxError, 1),
        })}
      </figcaption>
    </figure>
  );
}

/** Whether there is an interval to draw; early curves have none. */
const hasInterval = (curve: Plan["curve"]) =>
  curve.some((it) => it.low !== null && it.high !== null);

function dataOf(curve: Plan["curve"]): AlignedData {
  const bounds = hasInterval(curve) ? [curve.map((it) => it.high), curve.map((it) => it.low)] : [];
  return [curve.map((it) => it.n_answers), ...bounds, curve.map((it) => it.accuracy)];
}

type Colours = Record<(typeof TOKENS)[number], string>;

function optionsFor(
  t: Translator,
  colours: Colours,
  curve: Plan["curve"],
  maxError: number,
  width: number,
): Options {
  const axis = {
    stroke: colours["ink-soft"],
    grid: { stroke: colours["line"], width: 1 },
    ticks: { stroke: colours["line"], width: 1, size: 4 },
    font: `12px ${getComputedStyle(document.body).fontFamily}`,
  };
  const aim = 1 - maxError;
  const share = (value: number | null) => (value === null ? "–" : t.percent(value, 1));
  const bound = (label: string) => ({
    label,
    stroke: "transparent",
    value: (_: uPlot, it: number | null) => share(it),
  });
  const band = colours["accent"].replace("rgb(", "rgba(").replace(")", ", 0.16)");
  return {
    width,
    height: HEIGHT,
    padding: [12, 16, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { size: 9 } },
    scales: {
      x: { time: false },
      y: {
        range: (_, low, high) => [
          Math.max(0, Math.min(low, aim) - 0.03),
          Math.min(1.005, Math.max(high, aim) + 0.02),
        ],
      },
    },
    axes: [
      { ...axis, label: t("progress.answers"), labelFont: axis.font, labelSize: 24, size: 36 },
      { ...axis, size: 56, values: (_, splits) => splits.map((it) => t.percent(it, 1)) },
    ],
    series: [
      { label: t("progress.answers"), value: (_, it) => (it === null ? "–" : t.number(it)) },
      ...(hasInterval(curve) ? [bound(t("progress.high")), bound(t("progress.low"))] : []),
      {
        label: t("progress.accuracyShort"),
        stroke: colours["accent"],
        width: 2.5,
        points: { show: true, size: 6, fill: colours["surface"] },
        value: (_, it) => share(it),
      },
    ],
    bands: hasInterval(curve) ? [{ series: [1, 2], fill: band }] : [],
    hooks: {
      ready: [tellLast],
      setCursor: [(chart) => chart.cursor.idx === null && tellLast(chart)],
      draw: [(chart) => drawAim(chart, aim, colours["good"])],
    },
  };
}

/** Where the pointer is on no point, the legend tells the last one. */
function tellLast(chart: uPlot): void {
  chart.setLegend({ idx: chart.data[0].length - 1 }, false);
}

/** A dashed line where the wanted error would be reached by every label of the model. */
function drawAim(chart: uPlot, aim: number, colour: string): void {
  const { left, top, width, height } = chart.bbox;
  const y = chart.valToPos(aim, "y", true);
  if (y < top || top + height < y) return;
  const { ctx } = chart;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = 1.5 * devicePixelRatio;
  ctx.setLineDash([6 * devicePixelRatio, 5 * devicePixelRatio]);
  ctx.beginPath();
  ctx.moveTo(left, y);
  ctx.lineTo(left + width, y);
  ctx.stroke();
  ctx.restore();
}
