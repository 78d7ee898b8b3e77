//! The plugins in the binary.

use nice_plug::prelude::*;

use super::{Etude, STEREO};

/// What tells one plugin of the binary from another.
///
/// In VST3, controllers reach a plugin only as parameters that stand for them, 2,080 of them. The instrument does without: it
/// ends the way of the notes, and some hosts take minutes to load so many. The others pass controllers on and so must have
/// them. In CLAP all plugins get controllers, for they are events there; so the instrument is two types.
pub trait Variant: Send + 'static {
    /// The plugin's name.
    const NAME: &'static str;
    /// Its id in CLAP. Never changes.
    const CLAP_ID: &'static str;
    /// Its id in VST3. Never changes.
    const VST3_ID: [u8; 16];
    /// Its audio.
    const LAYOUTS: &'static [AudioIOLayout];
    /// What of MIDI it gets, and passes on.
    const MIDI: MidiConfig;
    /// Whether its audio output is its own: silence.
    const IS_INSTRUMENT: bool;
    /// What it does.
    const DESCRIPTION: &'static str;
    /// What it is, in CLAP.
    const CLAP_FEATURES: &'static [ClapFeature];
    /// What it is, in VST3.
    const VST3_CATEGORIES: &'static [Vst3SubCategory];
}

/// On an instrument track: no audio in, silence out. Works in every host.
pub struct Instrument;
/// The instrument as VST3 has it.
pub struct InstrumentVst3;
/// In a chain of effects: audio passes through. For hosts that allow one instrument on a track.
pub struct Fx;
/// Among note effects: no audio at all.
pub struct Note;

macro_rules! instrument {
    ($variant:ty, $midi:expr) => {
        impl Variant for $variant {
            const NAME: &'static str = "Etude";
            const CLAP_ID: &'static str = "practice.etude.instrument";
            const VST3_ID: [u8; 16] = *b"EtudePracticeIns";
            const LAYOUTS: &'static [AudioIOLayout] =
                &[AudioIOLayout { main_output_channels: STEREO, ..AudioIOLayout::const_default() }];
            const MIDI: MidiConfig = $midi;
            const IS_INSTRUMENT: bool = true;
            const DESCRIPTION: &'static str =
                "Listens to a pianist practising and tells right from wrong, note by note";
            const CLAP_FEATURES: &'static [ClapFeature] = &[
                ClapFeature::Instrument,
                ClapFeature::NoteDetector,
                ClapFeature::Analyzer,
                ClapFeature::Stereo,
            ];
            const VST3_CATEGORIES: &'static [Vst3SubCategory] =
                &[Vst3SubCategory::Instrument, Vst3SubCategory::Tools, Vst3SubCategory::Stereo];
        }
    };
}

instrument!(Instrument, MidiConfig::MidiCCs);
instrument!(InstrumentVst3, MidiConfig::Basic);

impl Variant for Fx {
    const NAME: &'static str = "Etude FX";
    const CLAP_ID: &'static str = "practice.etude.fx";
    const VST3_ID: [u8; 16] = *b"EtudePracticeAfx";
    const LAYOUTS: &'static [AudioIOLayout] = &[AudioIOLayout {
        main_input_channels: STEREO,
        main_output_channels: STEREO,
        ..AudioIOLayout::const_default()
    }];
    const MIDI: MidiConfig = MidiConfig::MidiCCs;
    const IS_INSTRUMENT: bool = false;
    const DESCRIPTION: &'static str = "Etude, with audio passing through";
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::AudioEffect, ClapFeature::NoteDetector, ClapFeature::Analyzer, ClapFeature::Stereo];
    const VST3_CATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Fx, Vst3SubCategory::Analyzer, Vst3SubCategory::Tools, Vst3SubCategory::Stereo];
}

impl Variant for Note {
    const NAME: &'static str = "Etude Note";
    const CLAP_ID: &'static str = "practice.etude.note";
    const VST3_ID: [u8; 16] = *b"EtudePracticeNot";
    const LAYOUTS: &'static [AudioIOLayout] = &[AudioIOLayout::const_default()];
    const MIDI: MidiConfig = MidiConfig::MidiCCs;
    const IS_INSTRUMENT: bool = false;
    const DESCRIPTION: &'static str = "Etude, without audio";
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::NoteEffect, ClapFeature::NoteDetector, ClapFeature::Utility];
    const VST3_CATEGORIES: &'static [Vst3SubCategory] = &[Vst3SubCategory::Fx, Vst3SubCategory::Tools];
}

impl<V: Variant> ClapPlugin for Etude<V> {
    const CLAP_ID: &'static str = V::CLAP_ID;
    const CLAP_DESCRIPTION: Option<&'static str> = Some(V::DESCRIPTION);
    const CLAP_MANUAL_URL: Option<&'static str> = Some(Self::URL);
    const CLAP_SUPPORT_URL: Option<&'static str> = Some(Self::URL);
    const CLAP_FEATURES: &'static [ClapFeature] = V::CLAP_FEATURES;
}

impl<V: Variant> Vst3Plugin for Etude<V> {
    const VST3_CLASS_ID: [u8; 16] = V::VST3_ID;
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] = V::VST3_CATEGORIES;
}
