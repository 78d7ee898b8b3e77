// What a player needs at hand: the instrument, the metronome, the keyboard on the screen, and the end.

import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/index.ts";
import { pitchName } from "../i18n/words.ts";
import { COMPUTER_KEYS, ComputerKeyboard, type Instrument, Instruments, type KeyEvents } from "../take/keys.ts";
import type { Room } from "../take/room.ts";
import { Metronome, Voice } from "../take/sound.ts";
import { Icon } from "./Icon.tsx";

export function PlayBar({ room, finish }: { room: Room; finish?: (() => void) | undefined }) {
  const [instruments, setInstruments] = useState<Instrument[] | undefined>(undefined);
  const [denied, setDenied] = useState(false);
  const [keyboard, setKeyboard] = useState(!Instruments.supported);
  const [base, setBase] = useState(60);
  const [down, setDown] = useState<ReadonlySet<number>>(new Set());
  const [left, setLeft] = useState(0);
  const [ticking, setTicking] = useState(room.config.mode === "clock");
  const [sure, setSure] = useState(false);
  const voice = useRef(new Voice());
  const midi = useRef<Instruments | undefined>(undefined);
  const computer = useRef<ComputerKeyboard | undefined>(undefined);
  const metronome = useRef<Metronome | undefined>(undefined);

  const struck = (sounding: boolean): KeyEvents => ({
    noteOn(pitch, velocity, timeMs) {
      room.performer?.noteOn(pitch, velocity, timeMs);
      if (sounding) {
        voice.current.noteOn(pitch, velocity);
      }
      setDown((keys) => new Set(keys).add(pitch));
    },
    noteOff(pitch, timeMs) {
      room.performer?.noteOff(pitch, timeMs);
      voice.current.noteOff(pitch);
      setDown((keys) => {
        const rest = new Set(keys);
        rest.delete(pitch);
        return rest;
      });
    },
    pedal: (value, timeMs) => room.performer?.pedal(value, timeMs),
  });

  useEffect(() => {
    metronome.current = new Metronome(room.piece.outline, (room.config.mode === "clock" && room.config.tempo_percent) || 100, setLeft);
    return () => {
      metronome.current?.stop();
      midi.current?.close();
    };
  }, [room]);

  useEffect(() => {
    if (!keyboard) {
      return;
    }
    computer.current = new ComputerKeyboard(struck(true), setBase);
    setBase(computer.current.base);
    return () => computer.current?.close();
  }, [keyboard, room]);

  const connect = async () => {
    midi.current ??= new Instruments(struck(false), setInstruments);
    try {
      setDenied(false);
      await midi.current.open();
    } catch {
      setDenied(true);
    }
  };
  const screen = struck(true);
  return (
    <div class="play">
      {left > 0 && (
        <p class="count" aria-live="assertive">
          {t("play.counting", { n: left })}
        </p>
      )}
      {!Instruments.supported && <p class="notice">{t("play.nomidi")}</p>}
      {denied && (
        <p class="notice" role="alert">
          {t("play.denied")}
        </p>
      )}
      <div class="bar">
        {Instruments.supported && !instruments && (
          <button class="primary" onClick={connect}>
            <Icon name="piano" /> {t("play.connect")}
          </button>
        )}
        {instruments && instruments.length === 0 && <span class="soft">{t("play.instrument.none")}</span>}
        {instruments && instruments.length > 0 && (
          <label>
            <span class="unseen">{t("play.instrument")}</span>
            <select onChange={({ currentTarget }) => midi.current?.choose(currentTarget.value)}>
              <option value="">{instruments.length > 1 ? t("play.instrument.all") : instruments[0]?.name}</option>
              {instruments.length > 1 &&
                instruments.map(({ id, name }) => (
                  <option key={id} value={id}>
                    {name}
                  </option>
                ))}
            </select>
          </label>
        )}
        <button aria-pressed={keyboard} onClick={() => setKeyboard(!keyboard)}>
          {t("play.keyboard")}
        </button>
        <button onClick={() => metronome.current?.start(room.config.range?.from ?? 0, ticking)}>{t("play.countin")}</button>
        <label class="check">
          <input
            type="checkbox"
            checked={ticking}
            onChange={({ currentTarget }) => {
              setTicking(currentTarget.checked);
              metronome.current?.stop();
              setLeft(0);
            }}
          />
          {t("play.metronome")}
        </label>
        <span class="grow" />
        {sure ? (
          <>
            <span>{t("play.finish.sure")}</span>
            <button
              class="primary"
              onClick={() => {
                metronome.current?.stop();
                (finish ?? (() => room.performer?.end()))();
              }}
            >
              {t("play.finish")}
            </button>
            <button onClick={() => setSure(false)}>{t("cancel")}</button>
          </>
        ) : (
          <button class="finish" onClick={() => setSure(true)}>
            <Icon name="stop" /> {t("play.finish")}
          </button>
        )}
      </div>
      {keyboard && (
        <div class="keyboard">
          <button class="icon" aria-label={t("play.octave.down")} onClick={() => computer.current?.shift(-1)}>
            <Icon name="minus" />
          </button>
          <Keys base={base} down={down} events={screen} />
          <button class="icon" aria-label={t("play.octave.up")} onClick={() => computer.current?.shift(1)}>
            <Icon name="plus" />
          </button>
          <p class="soft hint">{t("play.keyboard.text")}</p>
        </div>
      )}
    </div>
  );
}

const BLACK = new Set([1, 3, 6, 8, 10]);

function Keys({ base, down, events }: { base: number; down: ReadonlySet<number>; events: KeyEvents }) {
  return (
    <div class="keys">
      {COMPUTER_KEYS.map(([code, semitone]) => {
        const pitch = base + semitone;
        const kind = BLACK.has(pitch % 12) ? "black" : "white";
        const letter = code === "Semicolon" ? ";" : code.slice(3);
        return (
          <button
            key={semitone}
            class={`key ${kind} ${down.has(pitch) ? "down" : ""}`}
            aria-label={pitchName(pitch)}
            tabIndex={-1}
            onPointerDown={(event) => {
              event.preventDefault();
              event.currentTarget.setPointerCapture(event.pointerId);
              events.noteOn(pitch, 80, event.timeStamp);
            }}
            onPointerUp={({ timeStamp }) => events.noteOff(pitch, timeStamp)}
            onPointerCancel={({ timeStamp }) => events.noteOff(pitch, timeStamp)}
          >
            {letter}
          </button>
        );
      })}
    </div>
  );
}
