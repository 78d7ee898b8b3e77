//! In and out of a studio, and from there into a session.

use etude_engine::session::Config;

use super::{Joined, Owner};
use crate::practice::picture::{Problem, StudioView};
use crate::practice::studio::asked::{self, Answer};
use crate::practice::studio::kept;
use crate::practice::{Message, Studio};

impl Owner {
    /// The studio that the user is logged in to, as it stands on disk now.
    pub(super) fn studio(&self) -> Option<Studio> {
        self.shared.studio.as_deref().and_then(kept::read)
    }

    pub(super) fn log_in(&mut self, studio: Studio) {
        self.request(move || {
            let pieces = asked::pieces(&studio);
            Answer::Pieces(pieces, Some(studio))
        });
    }

    pub(super) fn list_pieces(&mut self) {
        if let Some(studio) = self.studio_or_told() {
            self.request(move || Answer::Pieces(asked::pieces(&studio), None));
        }
    }

    /// The measures that are chosen are those of the piece that is open, and go for no other.
    pub(super) fn open_session(&mut self, name: String) {
        let Some(studio) = self.studio_or_told() else { return };
        let judging = self.settings.judging;
        let pieces = self.view.studio.pieces.iter().flat_map(|pieces| pieces.iter());
        let wanted = pieces.filter(|piece| piece.name == name).map(|piece| piece.score).next();
        let open = self.piece.as_ref().map(|piece| piece.score.digest());
        let range = judging.range.filter(|_| wanted.is_some() && wanted == open);
        self.leave();
        let config = Config { range, ..judging };
        if self.request(move || Answer::Session(asked::session(&studio, &name, config))) {
            self.joined = Joined::Opening;
        }
    }

    pub(super) fn log_out(&mut self) {
        self.drop_request();
        self.view.studio = StudioView::default();
        if let Some(Err(error)) = self.shared.studio.as_deref().map(kept::remove) {
            self.view.problem = Some(Problem(format!("the studio's key is still on this disk: {error}")));
        }
    }

    pub(super) fn hear_studio(&mut self, answer: Answer) {
        self.view.studio.is_asked = false;
        let heard = match answer {
            Answer::Pieces(pieces, studio) => pieces.and_then(|pieces| {
                if let Some(studio) = studio {
                    self.keep(&studio)?;
                    self.view.studio.address = Some(studio.address().to_owned());
                }
                self.view.studio.pieces = Some(pieces.into());
                Ok(())
            }),
            // The player may have left meanwhile, or gone elsewhere: then nobody comes to the session.
            Answer::Session(_) if !matches!(self.joined, Joined::Opening) => Ok(()),
            Answer::Session(link) => {
                self.joined = Joined::No;
                link.map(|link| self.join(link))
            }
        };
        if let Err(why) = heard {
            self.view.problem = Some(Problem(why));
        }
    }

    fn keep(&self, studio: &Studio) -> Result<(), String> {
        let file = self.shared.studio.as_deref();
        let file = file.ok_or("this system has no folder for a user's settings: the key cannot be kept")?;
        kept::write(file, studio).map_err(|error| format!("the studio's key cannot be kept: {error}"))
    }

    /// Another plugin may have logged out.
    fn studio_or_told(&mut self) -> Option<Studio> {
        let studio = self.studio();
        if studio.is_none() {
            self.view.studio = StudioView::default();
            self.view.problem = Some(Problem("you are not logged in to a studio any more".to_owned()));
        }
        studio
    }

    fn request(&mut self, work: impl FnOnce() -> Answer + Send + 'static) -> bool {
        self.drop_request();
        let request = self.requests;
        self.view.studio.is_asked = self.ask(move || Message::Studio(request, Box::new(work())));
        self.view.studio.is_asked
    }

    /// What was asked last is not wanted any more.
    fn drop_request(&mut self) {
        self.requests += 1;
        if matches!(self.joined, Joined::Opening) {
            self.joined = Joined::No;
        }
    }
}
