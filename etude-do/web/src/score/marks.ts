// The signs that are drawn beside the colours, so that nothing is told by colour alone.

import { SVG } from "./svg.ts";

type Attributes = { [name: string]: string | number };

export function svg(name: string, attributes: Attributes): SVGElement {
  const element = document.createElementNS(SVG, name) as SVGElement;
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, String(value));
  }
  return element;
}

/** A tail in the direction of time: to the left of what came early, to the right of what came late, the longer the more. */
export function tail(x: number, y: number, space: number, offsetUs: number, grade: string): SVGElement {
  const length = space * Math.min(3.2, 0.9 + Math.abs(offsetUs) / 130_000);
  const way = offsetUs < 0 ? -1 : 1;
  const from = x + space * 0.6 + way * space * 0.45;
  const half = space * 0.34;
  const tip = from + way * length;
  return svg("path", {
    class: `mark tail ${grade}`,
    d: `M${from} ${y - half}L${tip} ${y}L${from} ${y + half}Z`,
  });
}

/** A broken ring around a note that was not played. */
export function ring(x: number, y: number, space: number): SVGElement {
  return svg("ellipse", { class: "mark ring", cx: x + space * 0.6, cy: y, rx: space * 1.05, ry: space * 0.85 });
}

/** A stroke through a note that was left out by going elsewhere. */
export function slash(x: number, y: number, space: number): SVGElement {
  return svg("path", { class: "mark slash", d: `M${x - space * 0.2} ${y + space * 0.7}L${x + space * 1.4} ${y - space * 0.7}` });
}

/** A cross where a wrong note sounded. */
export function cross(x: number, y: number, space: number, sign: string): SVGElement {
  const half = space * 0.48;
  const middle = x + space * 0.6;
  const group = svg("g", { class: "mark wrong" });
  group.append(
    svg("path", {
      d: `M${middle - half} ${y - half}L${middle + half} ${y + half}M${middle - half} ${y + half}L${middle + half} ${y - half}`,
    }),
  );
  return signed(group, x, y, space, sign);
}

/** An open diamond where a note sounded that is not in the score. */
export function diamond(x: number, y: number, space: number, sign: string): SVGElement {
  const half = space * 0.6;
  const group = svg("g", { class: "mark extra" });
  group.append(svg("path", { d: `M${x} ${y - half}L${x + half} ${y}L${x} ${y + half}L${x - half} ${y}Z` }));
  return signed(group, x - space * 0.6, y, space, sign);
}

/** A dot beside a note that was ornamented: one, whatever it was ornamented with. */
export function dot(x: number, y: number, space: number): SVGElement {
  return svg("circle", { class: "mark ornament", cx: x + space * 1.55, cy: y - space * 0.75, r: space * 0.2 });
}

/** A small ring beside a note that was struck again. */
export function again(x: number, y: number, space: number): SVGElement {
  return svg("circle", { class: "mark again", cx: x + space * 1.9, cy: y, r: space * 0.3 });
}

function signed(group: SVGElement, x: number, y: number, space: number, sign: string): SVGElement {
  if (sign) {
    const text = svg("text", { x: x - space * 0.75, y: y + space * 0.45, "font-size": space * 1.5 });
    text.textContent = sign;
    group.append(text);
  }
  return group;
}

const NATURALS = [0, 2, 4, 5, 7, 9, 11];

/** How a key is written beside a note of the score: its diatonic step, and a sign. */
export function spell(pitch: number, beside: { pitch: number; step: number }): { step: number; sign: string } {
  // Where the part transposes, what is written is not what sounds.
  const natural = Math.floor(beside.step / 7) * 12 + 12 + (NATURALS[beside.step % 7] ?? 0);
  const transposed = Math.abs(beside.pitch - natural) > 2 ? beside.pitch - natural : 0;
  const written = pitch - transposed;
  const octave = Math.floor(written / 12) - 1;
  const inOctave = ((written % 12) + 12) % 12;
  const white = NATURALS.indexOf(inOctave);
  if (white >= 0) {
    const step = octave * 7 + white;
    return { step, sign: step === beside.step && pitch !== beside.pitch ? "♮" : "" };
  }
  const below = NATURALS.findLastIndex((key) => key < inOctave);
  return pitch > beside.pitch
    ? { step: octave * 7 + below, sign: "♯" }
    : { step: octave * 7 + below + 1, sign: "♭" };
}
