//! What of a practice room is kept in the host's project: the piece and the settings.
//!
//! Projects outlive versions of Etude, and files get damaged: whatever is there is read, what makes no sense is left at its
//! default, and nothing is an error. No key, token or address is kept in a project.

use etude_engine::score::{Hands, MeasureRange};
use etude_engine::session::{Config, Mode, Scoring, TimingWindows};
use etude_engine::units::Micros;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use super::PieceSource;

/// Of the form in which this is written. Later forms only add fields.
const VERSION: u32 = 1;

/// How to practise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Settings {
    /// How takes are judged.
    pub judging: Config,
    /// Whether three seconds of silence after the last note end a take.
    pub ends_by_itself: bool,
    /// How much later than the host's transport a note comes that is struck with what is heard: at most
    /// [`LATENCY_MAX`] either way.
    #[serde(rename = "latency_us")]
    pub latency: Micros,
}

/// The largest latency that is compensated: with more, nobody can play in time.
pub const LATENCY_MAX: Micros = Micros::from_millis(500);

impl Settings {
    /// The same, with so much more latency compensated.
    #[must_use]
    pub fn compensating(self, more: Micros) -> Self {
        let latency = self.latency.0.saturating_add(more.0).clamp(-LATENCY_MAX.0, LATENCY_MAX.0);
        Self { latency: Micros(latency), ..self }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self { judging: Config::default(), ends_by_itself: true, latency: Micros(0) }
    }
}

/// What is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Saved {
    version: u32,
    /// The piece.
    pub piece: Option<PieceSource>,
    /// The settings.
    pub settings: Settings,
}

impl Default for Saved {
    fn default() -> Self {
        Self::new(None, Settings::default())
    }
}

impl Saved {
    /// This piece and these settings.
    pub fn new(piece: Option<PieceSource>, settings: Settings) -> Self {
        Self { version: VERSION, piece, settings }
    }

    fn from_value(value: &Value) -> Self {
        let settings = &value["settings"];
        let judging = &settings["judging"];
        let default = Config::default();
        let mut config = Config {
            mode: field::<Mode>(judging, "mode").unwrap_or(default.mode),
            hands: field::<Hands>(judging, "hands").unwrap_or(default.hands),
            range: field::<MeasureRange>(judging, "range"),
            looping: field(judging, "looping").unwrap_or(default.looping),
            windows: field::<TimingWindows>(judging, "windows").unwrap_or(default.windows),
            tempo_percent: field(judging, "tempo_percent").unwrap_or(default.tempo_percent),
            scoring: field::<Scoring>(judging, "scoring").unwrap_or(default.scoring),
        };
        if config.check().is_err() {
            // Which of the numbers is wrong does not matter: they are rarely changed, and never by a damaged file.
            config = Config { mode: config.mode, hands: config.hands, looping: config.looping, ..default };
        }
        let ends_by_itself = field(settings, "ends_by_itself").unwrap_or(true);
        let settings = Settings { judging: config, ends_by_itself, ..Settings::default() }
            .compensating(field(settings, "latency_us").unwrap_or_default());
        Self::new(field(value, "piece"), settings)
    }
}

fn field<T: serde::de::DeserializeOwned>(value: &Value, name: &str) -> Option<T> {
    serde_json::from_value(value.get(name)?.clone()).ok()
}

impl<'de> Deserialize<'de> for Saved {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from_value(&Value::deserialize(deserializer)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Saved {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let judging = Config {
            mode: Mode::Clock,
            hands: Hands::Left,
            range: Some(MeasureRange { from: 3, to: 9 }),
            tempo_percent: 70,
            ..Config::default()
        };
        let piece = PieceSource::File("/music/übung 1.mxl".into());
        let saved =
            Saved::new(Some(piece), Settings { judging, ends_by_itself: false, latency: Micros(42_000) });
        assert_eq!(read(&serde_json::to_string(&saved).unwrap()), saved);
    }

    #[test]
    fn this_form_stays_readable() {
        let written = r#"{"version":1,"piece":{"bundled":"petzold-menuet-in-g"},"settings":{"judging":{"mode":"wait",
            "hands":"right","range":{"from":0,"to":15},"looping":true,"windows":{"perfect_us":50000,"good_us":100000,
            "match_us":200000},"tempo_percent":100,"scoring":{"good_percent":50,"match_percent":25,"note_percent":60}},
            "ends_by_itself":true}}"#;
        let saved = read(written);
        assert_eq!(saved.piece, Some(PieceSource::Bundled("petzold-menuet-in-g".to_owned())));
        assert_eq!((saved.settings.judging.mode, saved.settings.judging.looping), (Mode::Wait, true));
        assert_eq!(saved.settings.judging.windows.perfect.0, 50_000);
    }

    #[test]
    fn what_makes_no_sense_is_left_out_and_the_rest_kept() {
        for nothing in ["null", "0", "[]", "\"\"", "{}", r#"{"version":"x","piece":7,"settings":[1,2]}"#] {
            assert_eq!(read(nothing), Saved::default(), "{nothing}");
        }
        let later = r#"{"version":9,"piece":{"cloud":"x"},"settings":{"judging":{"mode":"clock","hands":"feet",
            "tempo_percent":60000},"colour":"red"},"more":{}}"#;
        let saved = read(later);
        assert_eq!(saved.piece, None);
        assert_eq!(saved.settings.judging, Config { mode: Mode::Clock, ..Config::default() });
        let late = r#"{"settings":{"latency_us":9000000000}}"#;
        assert_eq!(read(late).settings.latency, LATENCY_MAX);
        let reversed = r#"{"settings":{"judging":{"range":{"from":9,"to":3},"tempo_percent":80}}}"#;
        assert!(read(reversed).settings.judging.check().is_ok());
    }
}
