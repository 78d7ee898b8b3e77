//! VST3, by the `vst3` crate, whose other half the framework is written with.
//!
//! A controller reaches a VST3 plugin as a parameter that stands for it, if it has one, and comes before the notes of its
//! sample; so the host puts it there.
#![allow(non_upper_case_globals)] // The names are VST3's.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_void};
use std::path::Path;
use std::ptr::null_mut;

use etude_engine::session::EventKind;
use vst3::Steinberg::Vst::Event_::EventTypes_::{kLegacyMIDICCOutEvent, kNoteOffEvent, kNoteOnEvent};
use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, BusDirections_, Event, Event__type0, IAudioProcessor,
    IAudioProcessorTrait, IComponent, IComponent_iid, IComponentTrait, IEventList, IEventListTrait,
    IMidiMapping, IMidiMappingTrait, IParamValueQueue, IParamValueQueueTrait, IParameterChanges,
    IParameterChangesTrait, MediaTypes_, NoteOffEvent, NoteOnEvent, ParamID, ProcessContext,
    ProcessContext_::StatesAndFlags_, ProcessData, ProcessModes_, ProcessSetup, SymbolicSampleSizes_,
};
use vst3::Steinberg::{
    IBStream, IBStream_::IStreamSeekMode_, IBStreamTrait, IPluginBaseTrait, IPluginFactory,
    IPluginFactoryTrait, PClassInfo, TUID, int32, int64, kInvalidArgument, kResultOk, tresult,
};
use vst3::{Class, ComPtr, ComWrapper, Interface};

use super::plugin::{Audio, EVENTS_PER_BLOCK, Error, Plugin, Setup, Transport};

const SUSTAIN: i16 = 64;
const STEREO: usize = 2;

/// A file of VST3 plugins.
pub(crate) struct File {
    factory: ComPtr<IPluginFactory>,
    classes: Vec<(String, TUID)>,
}

impl File {
    /// Loads it, and never unloads it: the process ends first.
    pub(crate) fn load(path: &Path) -> Result<Self, Error> {
        // SAFETY: the file is a VST3 plugin, which is what a host can know.
        let library = Box::leak(Box::new(unsafe { libloading::Library::new(path)? }));
        #[cfg(target_os = "linux")]
        {
            type Entry = unsafe extern "C" fn(*mut c_void) -> bool;
            // SAFETY: the type is VST3's.
            let enter = unsafe { library.get::<Entry>(b"ModuleEntry\0")? };
            // SAFETY: the handle is not used on this platform but to ask for paths, which this plugin does not.
            if !unsafe { enter(null_mut()) } {
                return Err("the module does not start".into());
            }
        }
        type GetFactory = unsafe extern "system" fn() -> *mut c_void;
        // SAFETY: the type is VST3's.
        let get_factory = unsafe { library.get::<GetFactory>(b"GetPluginFactory\0")? };
        // SAFETY: the module was entered; what it returns is a factory with a reference of ours.
        let factory = unsafe { ComPtr::<IPluginFactory>::from_raw(get_factory().cast()) };
        let factory = factory.ok_or("it has no factory")?;
        let classes = classes(&factory);
        Ok(Self { factory, classes })
    }

    pub(crate) fn names(&self) -> Vec<&str> {
        self.classes.iter().map(|(name, _)| name.as_str()).collect()
    }

    pub(crate) fn make(&self, name: &str) -> Result<Vst3, Error> {
        let found = self.classes.iter().find(|(class, _)| class == name);
        let (_, id) = found.ok_or_else(|| format!("there is no {name}, but {:?}", self.names()))?;
        let component = make(&self.factory, id)?;
        let processor: ComPtr<IAudioProcessor> = component.cast().ok_or("it does not process")?;
        let pedal = pedal(&component);
        Ok(Vst3 { component, processor, pedal })
    }
}

/// An instance.
pub(crate) struct Vst3 {
    component: ComPtr<IComponent>,
    processor: ComPtr<IAudioProcessor>,
    pedal: Option<ParamID>,
}

impl Vst3 {
    fn set_active(&self, on: bool) -> Result<(), Error> {
        let component = &self.component;
        for media in [MediaTypes_::kAudio, MediaTypes_::kEvent] {
            for direction in [BusDirections_::kInput, BusDirections_::kOutput] {
                let (media, direction) = (media as i32, direction as i32);
                // SAFETY: the component is initialised, and the bus is one of those it counts.
                unsafe {
                    if component.getBusCount(media, direction) > 0 {
                        component.activateBus(media, direction, 0, on.into());
                    }
                }
            }
        }
        // SAFETY: as above.
        ok(unsafe { component.setActive(on.into()) }, "activating")
    }
}

impl Plugin for Vst3 {
    type Audio = Processor;

    fn load(&mut self, state: &[u8]) -> bool {
        let stream = ComWrapper::new(Stream::of(state));
        // SAFETY: the component is initialised, and the stream outlives the call.
        unsafe { self.component.setState(raw::<IBStream, _>(&stream)) == kResultOk }
    }

    fn save(&mut self) -> Result<Vec<u8>, Error> {
        let stream = ComWrapper::new(Stream::of(&[]));
        // SAFETY: as above.
        ok(unsafe { self.component.getState(raw::<IBStream, _>(&stream)) }, "saving")?;
        Ok(stream.bytes.take())
    }

    fn activate(&mut self, setup: Setup) -> Result<Processor, Error> {
        let mode = if setup.offline { ProcessModes_::kOffline } else { ProcessModes_::kRealtime };
        let mut process = ProcessSetup {
            processMode: mode as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            maxSamplesPerBlock: setup.block as i32,
            sampleRate: setup.rate,
        };
        // SAFETY: the component is initialised and not active.
        ok(unsafe { self.processor.setupProcessing(&mut process) }, "setting up")?;
        self.set_active(true)?;
        Ok(Processor::new(&self.component, self.processor.clone(), setup))
    }

    fn block(&self, events: &[(u32, EventKind)]) -> Block {
        Block::new(events, self.pedal)
    }

    fn deactivate(&mut self) -> Result<(), Error> {
        self.set_active(false)
    }
}

impl Drop for Vst3 {
    fn drop(&mut self) {
        // SAFETY: it was initialised, and is not active any more.
        unsafe { self.component.terminate() };
    }
}

fn ok(result: tresult, what: &str) -> Result<(), Error> {
    if result == kResultOk { Ok(()) } else { Err(format!("{what} failed ({result})").into()) }
}

fn classes(factory: &ComPtr<IPluginFactory>) -> Vec<(String, TUID)> {
    // SAFETY: the index is below the count, and a class's name ends with a zero.
    let class = |index| unsafe {
        let mut info: PClassInfo = std::mem::zeroed();
        let told = factory.getClassInfo(index, &mut info) == kResultOk;
        told.then(|| (CStr::from_ptr(info.name.as_ptr()).to_string_lossy().into_owned(), info.cid))
    };
    // SAFETY: the factory is alive.
    (0..unsafe { factory.countClasses() }).filter_map(class).collect()
}

fn make(factory: &ComPtr<IPluginFactory>, id: &TUID) -> Result<ComPtr<IComponent>, Error> {
    let mut made = null_mut();
    // SAFETY: both ids are of sixteen bytes; what is made is a component with a reference of ours.
    let component = unsafe {
        ok(factory.createInstance(id.as_ptr(), IComponent_iid.as_ptr(), &mut made), "making an instance")?;
        ComPtr::<IComponent>::from_raw(made.cast()).ok_or("nothing was made")?
    };
    // SAFETY: a plugin must do without a context, which is what this checks.
    ok(unsafe { component.initialize(null_mut()) }, "initialising")?;
    Ok(component)
}

/// The parameter that stands for the sustain pedal, if there is one.
fn pedal(component: &ComPtr<IComponent>) -> Option<ParamID> {
    let mapping: ComPtr<IMidiMapping> = component.cast()?;
    let mut id = 0;
    // SAFETY: the plugin has an event input.
    let found = unsafe { mapping.getMidiControllerAssignment(0, 0, SUSTAIN, &mut id) };
    (found == kResultOk).then_some(id)
}

pub(crate) struct Processor {
    processor: ComPtr<IAudioProcessor>,
    setup: Setup,
    /// Whether there is audio in and audio out.
    buses: [bool; 2],
    audio: [Vec<f32>; STEREO],
    input: ComWrapper<Events>,
    output: ComWrapper<Events>,
    changes: ComWrapper<Changes>,
}

// SAFETY: what is in it belongs to the audio thread, to which it is given as a whole.
unsafe impl Send for Processor {}

impl Processor {
    fn new(component: &ComPtr<IComponent>, processor: ComPtr<IAudioProcessor>, setup: Setup) -> Self {
        let has = |direction| {
            // SAFETY: the component is alive.
            unsafe { component.getBusCount(MediaTypes_::kAudio as i32, direction as i32) > 0 }
        };
        Self {
            processor,
            setup,
            buses: [has(BusDirections_::kInput), has(BusDirections_::kOutput)],
            audio: [vec![0.0; setup.block as usize], vec![0.0; setup.block as usize]],
            input: ComWrapper::new(Events::default()),
            output: ComWrapper::new(Events::default()),
            changes: ComWrapper::new(Changes::default()),
        }
    }
}

/// The events of a block, and what should come out.
pub(crate) struct Block {
    notes: Vec<Event>,
    pedals: Vec<(i32, f64)>,
    pedal: Option<ParamID>,
    expected: Vec<Heard>,
}

impl Block {
    fn new(events: &[(u32, EventKind)], pedal: Option<ParamID>) -> Self {
        let notes: Vec<Event> = events.iter().filter_map(|(at, kind)| note(*at, *kind)).collect();
        let pedals = events.iter().filter_map(|(at, kind)| match kind {
            EventKind::Pedal { value } => Some((*at as i32, f64::from(value.value()) / 127.0)),
            _ => None,
        });
        let pedals: Vec<(i32, f64)> = pedals.filter(|_| pedal.is_some()).collect();
        let mut expected: Vec<Heard> = pedals.iter().map(|(at, value)| Heard::pedal(*at, *value)).collect();
        expected.extend(notes.iter().filter_map(Heard::of));
        expected.sort_by_key(|heard| heard.at);
        Self { notes, pedals, pedal, expected }
    }
}

impl Audio for Processor {
    type Block = Block;

    fn process(&mut self, block: Option<&Block>, transport: Option<Transport>) -> bool {
        self.input.0.borrow_mut().clear();
        self.output.0.borrow_mut().clear();
        self.changes.0.points.borrow_mut().clear();
        if let Some(block) = block {
            // There is room: nothing is allocated.
            self.input.0.borrow_mut().extend_from_slice(&block.notes);
            self.changes.0.points.borrow_mut().extend_from_slice(&block.pedals);
            self.changes.0.id.set(block.pedal.unwrap_or_default());
        }
        let mut channels = self.audio.each_mut().map(|channel| channel.as_mut_ptr());
        let bus = AudioBusBuffers {
            numChannels: STEREO as i32,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 { channelBuffers32: channels.as_mut_ptr() },
        };
        // In place, as hosts do.
        let mut buses = [bus, bus];
        let [inputs, outputs] = &mut buses;
        let pointer =
            |has: bool, bus: &mut AudioBusBuffers| if has { std::ptr::from_mut(bus) } else { null_mut() };
        let mut context = transport.map(|transport| transport.context(self.setup.rate));
        let mode = if self.setup.offline { ProcessModes_::kOffline } else { ProcessModes_::kRealtime };
        let mut data = ProcessData {
            processMode: mode as i32,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as i32,
            numSamples: self.setup.block as i32,
            numInputs: self.buses[0].into(),
            numOutputs: self.buses[1].into(),
            inputs: pointer(self.buses[0], inputs),
            outputs: pointer(self.buses[1], outputs),
            inputParameterChanges: raw::<IParameterChanges, _>(&self.changes),
            outputParameterChanges: null_mut(),
            inputEvents: raw::<IEventList, _>(&self.input),
            outputEvents: raw::<IEventList, _>(&self.output),
            processContext: context.as_mut().map_or(null_mut(), std::ptr::from_mut),
        };
        // SAFETY: the plugin is active, this is its audio thread, and all that the data points to outlives the call.
        unsafe { self.processor.process(&mut data) == kResultOk }
    }

    fn passed_on(&self, block: Option<&Block>) -> bool {
        let expected = block.map_or(&[][..], |block| &block.expected);
        self.output.0.borrow().iter().filter_map(Heard::of).eq(expected.iter().copied())
    }

    fn reset(&mut self) {
        // SAFETY: the plugin is active, and this is its audio thread.
        unsafe {
            self.processor.setProcessing(0);
            self.processor.setProcessing(1);
        }
    }

    fn stop(self) {
        // Freeing calls the system.
        std::mem::forget(self);
    }
}

impl Transport {
    #[allow(clippy::unnecessary_cast, reason = "VST3's flags are signed on Windows")]
    fn context(self, rate: f64) -> ProcessContext {
        let playing = if self.playing { StatesAndFlags_::kPlaying } else { 0 };
        // SAFETY: it is numbers all through.
        let nothing: ProcessContext = unsafe { std::mem::zeroed() };
        ProcessContext {
            state: (playing | StatesAndFlags_::kProjectTimeMusicValid | StatesAndFlags_::kTempoValid) as u32,
            sampleRate: rate,
            projectTimeMusic: self.quarters,
            tempo: self.tempo,
            ..nothing
        }
    }
}

/// The interface of something that lives on.
fn raw<I: Interface, C: Class>(object: &ComWrapper<C>) -> *mut I {
    object.as_com_ref::<I>().map_or(null_mut(), |object| object.as_ptr())
}

fn note(at: u32, kind: EventKind) -> Option<Event> {
    let (r#type, note) = match kind {
        EventKind::NoteOn { pitch, velocity } => {
            let pitch = i16::from(pitch.number());
            let velocity = f32::from(velocity.value()) / 127.0;
            let on = NoteOnEvent { channel: 0, pitch, tuning: 0.0, velocity, length: 0, noteId: -1 };
            (kNoteOnEvent, Event__type0 { noteOn: on })
        }
        EventKind::NoteOff { pitch } => {
            let pitch = i16::from(pitch.number());
            let off = NoteOffEvent { channel: 0, pitch, velocity: 0.0, noteId: -1, tuning: 0.0 };
            (kNoteOffEvent, Event__type0 { noteOff: off })
        }
        _ => return None,
    };
    let (at, r#type) = (at as i32, r#type as u16);
    Some(Event { busIndex: 0, sampleOffset: at, ppqPosition: 0.0, flags: 0, r#type, __field0: note })
}

/// An event, as far as it has to be the same.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Heard {
    at: i32,
    kind: u16,
    number: i16,
    value: i32,
}

impl Heard {
    fn of(event: &Event) -> Option<Self> {
        let (at, kind) = (event.sampleOffset, event.r#type);
        // SAFETY: the type says which of the union's parts is there.
        let (number, value) = unsafe {
            match kind.into() {
                kNoteOnEvent => {
                    let on = event.__field0.noteOn;
                    (on.pitch, (on.velocity * 127.0).round() as i32)
                }
                kNoteOffEvent => (event.__field0.noteOff.pitch, 0),
                kLegacyMIDICCOutEvent => {
                    let control = event.__field0.midiCCOut;
                    (control.controlNumber.into(), control.value.into())
                }
                _ => return None,
            }
        };
        Some(Self { at, kind, number, value })
    }

    fn pedal(at: i32, value: f64) -> Self {
        let value = (value * 127.0).round() as i32;
        Self { at, kind: kLegacyMIDICCOutEvent as u16, number: SUSTAIN, value }
    }
}

/// A list of events.
struct Events(RefCell<Vec<Event>>);

impl Default for Events {
    fn default() -> Self {
        Self(RefCell::new(Vec::with_capacity(EVENTS_PER_BLOCK)))
    }
}

impl Class for Events {
    type Interfaces = (IEventList,);
}

impl IEventListTrait for Events {
    unsafe fn getEventCount(&self) -> int32 {
        self.0.borrow().len() as int32
    }

    unsafe fn getEvent(&self, index: int32, event: *mut Event) -> tresult {
        let events = self.0.borrow();
        let Some(found) = usize::try_from(index).ok().and_then(|index| events.get(index)) else {
            return kInvalidArgument;
        };
        // SAFETY: the plugin gives a place for an event.
        unsafe { event.write(*found) };
        kResultOk
    }

    unsafe fn addEvent(&self, event: *mut Event) -> tresult {
        // SAFETY: the plugin gives an event.
        self.0.borrow_mut().push(unsafe { event.read() });
        kResultOk
    }
}

/// Changes of one parameter: the pedal.
struct Changes(ComWrapper<Queue>);

impl Default for Changes {
    fn default() -> Self {
        let points = RefCell::new(Vec::with_capacity(EVENTS_PER_BLOCK));
        Self(ComWrapper::new(Queue { id: Cell::new(0), points }))
    }
}

impl Class for Changes {
    type Interfaces = (IParameterChanges,);
}

impl IParameterChangesTrait for Changes {
    unsafe fn getParameterCount(&self) -> int32 {
        (!self.0.points.borrow().is_empty()).into()
    }

    unsafe fn getParameterData(&self, _: int32) -> *mut IParamValueQueue {
        raw(&self.0)
    }

    unsafe fn addParameterData(&self, _: *const ParamID, _: *mut int32) -> *mut IParamValueQueue {
        null_mut()
    }
}

struct Queue {
    id: Cell<ParamID>,
    points: RefCell<Vec<(i32, f64)>>,
}

impl Class for Queue {
    type Interfaces = (IParamValueQueue,);
}

impl IParamValueQueueTrait for Queue {
    unsafe fn getParameterId(&self) -> ParamID {
        self.id.get()
    }

    unsafe fn getPointCount(&self) -> int32 {
        self.points.borrow().len() as int32
    }

    unsafe fn getPoint(&self, index: int32, at: *mut int32, value: *mut f64) -> tresult {
        let points = self.points.borrow();
        let Some(point) = usize::try_from(index).ok().and_then(|index| points.get(index)) else {
            return kInvalidArgument;
        };
        // SAFETY: the plugin gives places for both.
        unsafe {
            at.write(point.0);
            value.write(point.1);
        }
        kResultOk
    }

    unsafe fn addPoint(&self, _: int32, _: f64, _: *mut int32) -> tresult {
        kInvalidArgument
    }
}

/// A state, as a project's file has it.
struct Stream {
    bytes: RefCell<Vec<u8>>,
    at: Cell<usize>,
}

impl Stream {
    fn of(bytes: &[u8]) -> Self {
        Self { bytes: RefCell::new(bytes.to_vec()), at: Cell::new(0) }
    }
}

impl Class for Stream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for Stream {
    unsafe fn read(&self, to: *mut c_void, most: int32, read: *mut int32) -> tresult {
        let (bytes, at) = (self.bytes.borrow(), self.at.get());
        let count = bytes.len().saturating_sub(at).min(most.max(0) as usize);
        // SAFETY: the plugin gives a place for so many bytes, and there are so many.
        unsafe { std::ptr::copy_nonoverlapping(bytes[at..].as_ptr(), to.cast(), count) };
        self.at.set(at + count);
        // SAFETY: it is null or a place for a number.
        unsafe { tell(read, count as int32) };
        kResultOk
    }

    unsafe fn write(&self, from: *mut c_void, count: int32, written: *mut int32) -> tresult {
        // SAFETY: the plugin gives so many bytes.
        let from = unsafe { std::slice::from_raw_parts(from.cast::<u8>(), count.max(0) as usize) };
        self.bytes.borrow_mut().extend_from_slice(from);
        // SAFETY: it is null or a place for a number.
        unsafe { tell(written, count) };
        kResultOk
    }

    unsafe fn seek(&self, by: int64, from: int32, at: *mut int64) -> tresult {
        let length = self.bytes.borrow().len();
        let base = if from == IStreamSeekMode_::kIBSeekSet as int32 {
            0
        } else if from == IStreamSeekMode_::kIBSeekCur as int32 {
            self.at.get()
        } else {
            length
        };
        self.at.set((base as int64 + by).clamp(0, length as int64) as usize);
        // SAFETY: it is null or a place for a number.
        unsafe { tell(at, self.at.get() as int64) };
        kResultOk
    }

    unsafe fn tell(&self, at: *mut int64) -> tresult {
        // SAFETY: it is null or a place for a number.
        unsafe { tell(at, self.at.get() as int64) };
        kResultOk
    }
}

/// Writes to a place that may be none.
///
/// # Safety
/// The place is null or good for a number.
unsafe fn tell<T>(place: *mut T, number: T) {
    if !place.is_null() {
        // SAFETY: the caller says so.
        unsafe { place.write(number) };
    }
}
