// A plot that follows its width and the colours of the page; what it shows is told in words beside it.

import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import { theme } from "../theme.ts";

export interface Colours {
  ink: string;
  soft: string;
  line: string;
  accent: string;
  early: string;
  late: string;
  perfect: string;
}

export function Chart(props: {
  label: string;
  height: number;
  data: uPlot.AlignedData;
  options: (colours: Colours) => Omit<uPlot.Options, "width" | "height">;
}) {
  const host = useRef<HTMLDivElement>(null);
  const { value: shown } = theme;
  useEffect(() => {
    const element = host.current;
    if (!element) {
      return;
    }
    const style = getComputedStyle(element);
    const colour = (name: string) => style.getPropertyValue(`--${name}`).trim();
    const colours: Colours = {
      ink: colour("ink"),
      soft: colour("ink-soft"),
      line: colour("line"),
      accent: colour("accent"),
      early: colour("early"),
      late: colour("late"),
      perfect: colour("perfect"),
    };
    const size = () => ({ width: Math.max(200, element.clientWidth), height: props.height });
    const plot = new uPlot({ ...size(), legend: { show: false }, cursor: { show: false }, ...props.options(colours) }, props.data, element);
    const resized = new ResizeObserver(() => plot.setSize(size()));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [props.data, shown]);
  return <div class="chart" ref={host} role="img" aria-label={props.label} />;
}

/** How axes look. */
export function axis({ soft, line }: Colours): Partial<uPlot.Axis> {
  return {
    stroke: soft,
    font: "12px system-ui, sans-serif",
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    size: 34,
  };
}
