//! Every noun, field by field. Each field is named, so that a new one does not pass unseen.

mod filters;
mod frames;
mod host;
mod observation;
mod routes;
mod sequence;
mod sockets;

use std::borrow::Cow;
use std::net::IpAddr;

use ipnet::IpNet;
use synrecv_model::{Endpoint, Flaw, Flow, Gap, Mac, Reading, Section, Text};

use super::pseudonyms::Pseudonyms;

/// Something that pseudonyms can stand in.
pub(super) trait Redact {
    fn redact(&mut self, names: &Pseudonyms);
}

impl<T: Redact> Redact for Vec<T> {
    fn redact(&mut self, names: &Pseudonyms) {
        for item in self {
            item.redact(names);
        }
    }
}

impl<T: Redact> Redact for Option<T> {
    fn redact(&mut self, names: &Pseudonyms) {
        if let Some(item) = self {
            item.redact(names);
        }
    }
}

impl<T: Redact, E> Redact for Result<T, E> {
    fn redact(&mut self, names: &Pseudonyms) {
        if let Ok(item) = self {
            item.redact(names);
        }
    }
}

impl<T: Redact, U: Redact> Redact for (T, U) {
    fn redact(&mut self, names: &Pseudonyms) {
        self.0.redact(names);
        self.1.redact(names);
    }
}

impl<T: Redact> Redact for Section<T> {
    fn redact(&mut self, names: &Pseudonyms) {
        match self {
            Self::Collected { data, reading } => {
                data.redact(names);
                reading.redact(names);
            }
            Self::Partial { data, flaws, reading } => {
                data.redact(names);
                flaws.redact(names);
                reading.redact(names);
            }
            Self::Missing(gap) => gap.redact(names),
        }
    }
}

impl Redact for Reading {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { source, started: _, ended: _ } = self;
        if let Cow::Owned(image) = names.prose(source) {
            *source = Cow::Owned(image);
        }
    }
}

impl Redact for Flaw {
    fn redact(&mut self, names: &Pseudonyms) {
        match self {
            Self::Interrupted | Self::ChangedWhileRead | Self::Lost => {}
            Self::Undecodable { count: _, first } => first.redact(names),
            Self::PartMissing(gap) => gap.redact(names),
        }
    }
}

impl Redact for Gap {
    fn redact(&mut self, names: &Pseudonyms) {
        let Self { reason: _, detail } = self;
        detail.redact(names);
    }
}

impl Redact for Text {
    fn redact(&mut self, names: &Pseudonyms) {
        *self = names.text(self);
    }
}

impl Redact for IpAddr {
    fn redact(&mut self, names: &Pseudonyms) {
        *self = names.ip(*self);
    }
}

impl Redact for IpNet {
    fn redact(&mut self, names: &Pseudonyms) {
        *self = names.net(*self);
    }
}

impl Redact for Mac {
    fn redact(&mut self, names: &Pseudonyms) {
        *self = names.mac(*self);
    }
}

impl Redact for Endpoint {
    fn redact(&mut self, names: &Pseudonyms) {
        *self = names.endpoint(*self);
    }
}

impl Redact for Flow {
    fn redact(&mut self, names: &Pseudonyms) {
        *self = names.flow(*self);
    }
}
