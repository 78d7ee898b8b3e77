//! Into a session, on with what its take has, and out again.

use std::io::ErrorKind;
use std::sync::Arc;

use etude_engine::session::{Config, Event};

use super::{Joined, Owner};
use crate::practice::fetch::{self, Fetched};
use crate::practice::line::{Courier, Line, News};
use crate::practice::picture::{Fault, Problem};
use crate::practice::spool::{self, Spool};
use crate::practice::{Link, Message};

impl Owner {
    /// Fetches the session, on a thread of its own.
    pub(super) fn join(&mut self, link: Link) {
        if matches!(&self.joined, Joined::Fetching(wanted) if *wanted == link) {
            return;
        }
        self.leave();
        // Its take is gone on with here: two lines into one session would supersede each other.
        self.couriers.retain(|courier| !courier.is_for(&link));
        let wanted = link.clone();
        let is_asked = self.ask(move || {
            let session = fetch::session(&wanted);
            Message::Fetched(Box::new((wanted, session)))
        });
        if is_asked {
            self.joined = Joined::Fetching(link);
        }
        self.deliver();
    }

    /// Begins the session's take, or goes on with it where an earlier host broke off.
    pub(super) fn enter(&mut self, link: &Link, session: Fetched) -> Result<(), String> {
        let Fetched { piece, file, config } = session;
        let (spool, log) = self.open_spool(link, config, &file)?;
        (self.piece, self.missing) = (Some(Arc::new(piece)), None);
        self.settings.judging = config;
        if !self.begin_take_with(&log) {
            return Err("the session's settings leave nothing to play".to_owned());
        }
        let score = Arc::clone(&self.piece.as_ref().expect("it was just put there").score);
        let line = Line::connect(link, score, config, log, spool).map_err(|error| error.to_string())?;
        self.joined = Joined::Yes(Box::new(line));
        // What was an earlier take's is this one's.
        self.count_unsent();
        self.save();
        Ok(())
    }

    /// Practice goes on without a spool where there can be none, and the player is told; but not beside another plugin in
    /// the same session, whose log this one does not know.
    fn open_spool(
        &mut self,
        link: &Link,
        config: Config,
        piece: &[u8],
    ) -> Result<(Option<Spool>, Vec<Event>), String> {
        let Some(folder) = self.shared.spool.clone() else {
            self.fault(Fault::Spool { why: "this system has no folder for a user's data".to_owned() });
            return Ok((None, Vec::new()));
        };
        let kept = match Spool::resume(&folder, link) {
            Ok(kept) => kept.filter(|kept| kept.config == config && kept.link.base() == link.base()),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Err(error.to_string()),
            // `begin` says the same again if it is not the take's contents.
            Err(_) => None,
        };
        if let Some(kept) = kept {
            return Ok((Some(kept.spool), kept.log));
        }
        match Spool::begin(&folder, link, config, piece) {
            Ok(spool) => Ok((Some(spool), Vec::new())),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(error.to_string()),
            Err(error) => {
                self.fault(Fault::Spool { why: error.to_string() });
                Ok((None, Vec::new()))
            }
        }
    }

    pub(super) fn leave(&mut self) {
        self.joined = Joined::No;
        self.official.clear();
        self.count_unsent();
    }

    /// Sends off what earlier takes have left, but for the take of the session that is being joined.
    pub(super) fn deliver(&mut self) {
        let Some(folder) = &self.shared.spool else { return };
        let joining = match &self.joined {
            Joined::Fetching(link) => Some(link),
            Joined::No | Joined::Opening | Joined::Yes(_) => None,
        };
        let problem = &mut self.view.problem;
        self.couriers.extend(Courier::for_orphans(folder, joining, |why| *problem = Some(Problem(why))));
        // Those under way are not counted.
        self.count_unsent();
    }

    pub(super) fn count_unsent(&mut self) {
        self.view.unsent = self.shared.spool.as_deref().map(spool::unsent).unwrap_or_default();
        self.dirty = true;
    }

    pub(super) fn look_after_line(&mut self) {
        let before = self.couriers.len();
        self.couriers.retain_mut(Courier::poll);
        if self.couriers.len() != before {
            self.count_unsent();
        }
        let Joined::Yes(line) = &mut self.joined else { return };
        let mut news = Vec::new();
        let was = line.connection();
        line.poll(|new| news.push(new));
        self.dirty |= !news.is_empty() || was != line.connection();
        for new in news {
            match new {
                News::Official(record) => {
                    self.official.push(record);
                    if let Some(take) = &mut self.take {
                        take.official(record);
                    }
                }
                News::Rejudged => {
                    self.official.clear();
                    if let Some(take) = &mut self.take {
                        take.show_session(&[]);
                    }
                }
                News::Report(report) => {
                    let local = self.view.report.as_ref().map(|report| report.digest);
                    if let Some(local) = local.filter(|local| *local != report.digest) {
                        let (local, official) = (local.to_string(), report.digest.to_string());
                        self.fault(Fault::Disagreement { events: report.events, local, official });
                    }
                    self.view.report = Some(report);
                    self.view.report_is_official = true;
                }
                News::Fault(fault) => {
                    if let (Fault::Disagreement { .. }, Some(take)) = (&fault, &mut self.take) {
                        take.show_session(&self.official);
                    }
                    self.fault(fault);
                }
            }
        }
    }
}
