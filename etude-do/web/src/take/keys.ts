// What keys are struck on: MIDI instruments, and the computer's keyboard for trying without a piano.

export interface KeyEvents {
  noteOn(pitch: number, velocity: number, timeMs: number): void;
  noteOff(pitch: number, timeMs: number): void;
  pedal(value: number, timeMs: number): void;
}

export interface Instrument {
  id: string;
  name: string;
}

/** MIDI instruments, as they come and go. */
export class Instruments {
  private access: MIDIAccess | undefined;
  private chosen = "";

  constructor(
    private readonly events: KeyEvents,
    private readonly changed: (instruments: Instrument[]) => void,
  ) {}

  static get supported(): boolean {
    return "requestMIDIAccess" in navigator;
  }

  /** Asks the browser; throws where the reader says no. */
  async open(): Promise<void> {
    this.access ??= await navigator.requestMIDIAccess({ sysex: false });
    this.access.onstatechange = () => this.listen();
    this.listen();
  }

  /** Listens to one instrument, or to all with an empty name. */
  choose(id: string): void {
    this.chosen = id;
    this.listen();
  }

  close(): void {
    this.access?.inputs.forEach((input) => (input.onmidimessage = null));
  }

  private listen(): void {
    const instruments: Instrument[] = [];
    this.access?.inputs.forEach((input) => {
      if (input.state === "connected") {
        instruments.push({ id: input.id, name: input.name ?? input.id });
      }
      const wanted = this.chosen === "" || this.chosen === input.id;
      input.onmidimessage = wanted ? (message) => this.heard(message) : null;
    });
    this.changed(instruments);
  }

  private heard({ data, timeStamp }: MIDIMessageEvent): void {
    const [status = 0, first = 0, second = 0] = data ?? [];
    const at = timeStamp > 0 ? timeStamp : performance.now();
    switch (status & 0xf0) {
      case 0x90:
        // On the wire of MIDI, a note-on of velocity 0 is a note-off.
        if (second > 0) {
          this.events.noteOn(first, second, at);
        } else {
          this.events.noteOff(first, at);
        }
        break;
      case 0x80:
        this.events.noteOff(first, at);
        break;
      case 0xb0:
        if (first === 64) {
          this.events.pedal(second, at);
        }
        break;
    }
  }
}

/** Keys of a computer keyboard, by where they are, as semitones above the C at its left. */
export const COMPUTER_KEYS: readonly (readonly [code: string, semitone: number])[] = [
  ["KeyA", 0], ["KeyW", 1], ["KeyS", 2], ["KeyE", 3], ["KeyD", 4], ["KeyF", 5], ["KeyT", 6], ["KeyG", 7], ["KeyY", 8],
  ["KeyH", 9], ["KeyU", 10], ["KeyJ", 11], ["KeyK", 12], ["KeyO", 13], ["KeyL", 14], ["KeyP", 15], ["Semicolon", 16],
];

const SEMITONES = new Map(COMPUTER_KEYS);
const VELOCITY = 80;

/** The computer's keyboard as an instrument of an octave and a half. */
export class ComputerKeyboard {
  base = 60;
  private readonly down = new Map<string, number>();

  constructor(
    private readonly events: KeyEvents,
    private readonly moved: (base: number) => void,
  ) {
    addEventListener("keydown", this.pressed);
    addEventListener("keyup", this.released);
  }

  close(): void {
    removeEventListener("keydown", this.pressed);
    removeEventListener("keyup", this.released);
  }

  shift(octaves: number): void {
    this.base = Math.min(96, Math.max(24, this.base + 12 * octaves));
    this.moved(this.base);
  }

  private readonly pressed = (event: KeyboardEvent): void => {
    const target = event.target as Element | null;
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || target?.closest("input, select, textarea")) {
      return;
    }
    if (event.code === "KeyZ" || event.code === "KeyX") {
      this.shift(event.code === "KeyZ" ? -1 : 1);
      return;
    }
    const semitone = SEMITONES.get(event.code);
    if (semitone !== undefined && !this.down.has(event.code)) {
      event.preventDefault();
      this.down.set(event.code, this.base + semitone);
      this.events.noteOn(this.base + semitone, VELOCITY, event.timeStamp);
    }
  };

  private readonly released = (event: KeyboardEvent): void => {
    const pitch = this.down.get(event.code);
    if (pitch !== undefined) {
      this.down.delete(event.code);
      this.events.noteOff(pitch, event.timeStamp);
    }
  };
}
