// What is heard on the page: a metronome with a count-in, and a plain piano for those who play without one.

import type { Outline } from "../engine.ts";

let context: AudioContext | undefined;

function audio(): AudioContext {
  context ??= new AudioContext({ latencyHint: "interactive" });
  void context.resume();
  return context;
}

/** How far ahead clicks are given to the audio clock, in seconds. */
const AHEAD = 0.2;

/** Clicks quarters at the score's tempo, the first of a measure higher. */
export class Metronome {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly outline: Outline,
    private readonly percent: number,
    /** Told at each click of the count-in how many are left, at the end 0. */
    private readonly counted: (left: number) => void,
  ) {}

  /** Counts one measure in, then goes on from the beginning of a measure; silent after the count-in if not to `goOn`. */
  start(measure: number, goOn: boolean): void {
    this.stop();
    const clicks = this.clicks(measure);
    const out = audio();
    const zero = out.currentTime + 0.15;
    let next = 0;
    const countIn = clicks.filter(({ at }) => at < 0).length;
    const shift = -(clicks[0]?.at ?? 0);
    this.timer = setInterval(() => {
      for (let click = clicks[next]; click && zero + shift + click.at < out.currentTime + AHEAD; click = clicks[++next]) {
        const left = countIn - next;
        if (left <= 0 && !goOn) {
          this.counted(0);
          this.stop();
          return;
        }
        const when = zero + shift + click.at;
        tick(out, when, click.strong);
        setTimeout(() => this.counted(Math.max(0, left)), Math.max(0, (when - out.currentTime) * 1000));
      }
      if (next >= clicks.length) {
        this.stop();
      }
    }, 40);
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  private clicks(from: number): { at: number; strong: boolean }[] {
    const { measures, ticks_per_quarter, tempo } = this.outline;
    const quarter = (tick: number) => {
      const change = tempo.findLast(({ at }) => at <= tick) ?? tempo[0];
      return ((change?.micros_per_quarter ?? 500_000) / 1_000_000) * (100 / this.percent);
    };
    const clicks: { at: number; strong: boolean }[] = [];
    const first = measures[from];
    // A pickup is counted in with the measure it belongs to.
    const whole = Math.max(first?.duration ?? 0, measures[from + 1]?.duration ?? 0);
    const beats = Math.max(1, Math.round(whole / ticks_per_quarter));
    const pickup = Math.round((whole - (first?.duration ?? whole)) / ticks_per_quarter);
    const step = quarter(first?.onset ?? 0);
    const count = beats + pickup;
    for (let beat = 0; beat < count; beat++) {
      clicks.push({ at: (beat - count) * step, strong: beat === 0 || beat === beats });
    }
    let at = 0;
    for (const measure of measures.slice(from)) {
      for (let tick = 0; tick < measure.duration; tick += ticks_per_quarter) {
        clicks.push({ at, strong: tick === 0 });
        at += quarter(measure.onset + tick) * (Math.min(ticks_per_quarter, measure.duration - tick) / ticks_per_quarter);
      }
    }
    return clicks;
  }
}

function tick(out: AudioContext, when: number, strong: boolean): void {
  const oscillator = out.createOscillator();
  const gain = out.createGain();
  oscillator.frequency.value = strong ? 1568 : 1047;
  gain.gain.setValueAtTime(strong ? 0.35 : 0.2, when);
  gain.gain.exponentialRampToValueAtTime(0.0005, when + 0.06);
  oscillator.connect(gain).connect(out.destination);
  oscillator.start(when);
  oscillator.stop(when + 0.07);
}

/** A plain struck-string sound. */
export class Voice {
  private readonly sounding = new Map<number, GainNode>();

  noteOn(pitch: number, velocity: number): void {
    const out = audio();
    const now = out.currentTime;
    const gain = out.createGain();
    const frequency = 440 * 2 ** ((pitch - 69) / 12);
    gain.gain.setValueAtTime(0, now);
    gain.gain.linearRampToValueAtTime((velocity / 127) * 0.25, now + 0.004);
    gain.gain.exponentialRampToValueAtTime(0.001, now + 2.5);
    for (const [partial, level] of [[1, 1], [2, 0.35], [3, 0.12]] as const) {
      const oscillator = out.createOscillator();
      const part = out.createGain();
      oscillator.type = partial === 1 ? "triangle" : "sine";
      oscillator.frequency.value = frequency * partial;
      part.gain.value = level;
      oscillator.connect(part).connect(gain);
      oscillator.start(now);
      oscillator.stop(now + 2.6);
    }
    gain.connect(out.destination);
    this.noteOff(pitch);
    this.sounding.set(pitch, gain);
  }

  noteOff(pitch: number): void {
    const gain = this.sounding.get(pitch);
    if (gain && context) {
      gain.gain.cancelScheduledValues(context.currentTime);
      gain.gain.setTargetAtTime(0, context.currentTime, 0.08);
      this.sounding.delete(pitch);
    }
  }
}
