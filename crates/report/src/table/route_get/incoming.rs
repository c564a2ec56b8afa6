//! Whether packets of the peer would be taken, and where.

use serde::Serialize;
use synrecv_model::{Foreign, InputAnswer, LinkNames, Reply, RouteErrno, RouteKind};

use super::{RouteGet, source};
use crate::escape::foreign;

/// The look-up of a packet from the peer that comes in by one device.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub(super) struct InputJson {
    /// Device.
    dev: String,
    /// The answer leaves by this device.
    leaves_by: bool,
    /// This device has the local address.
    owns_local: bool,
    /// True when TCP would get the packet.
    accepted: bool,
    /// `local` when it is accepted, `unicast` when it would be forwarded; absent with an error.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    /// Errno of the look-up. EINVAL (EXDEV before Linux 6.13): reverse-path filter, or a source
    /// that is never taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    /// The reverse-path filter in force; `null` when it is not known.
    rp_filter_effective: Option<u32>,
}

/// One answer with what belongs to it.
pub(super) struct Incoming {
    dev: Foreign,
    result: Result<RouteKind, RouteErrno>,
    leaves_by: bool,
    owns_local: bool,
    rp_filter: Option<u32>,
}

impl RouteGet<'_> {
    pub(super) fn incoming(&self, reply: &Reply, names: &LinkNames) -> Option<Vec<Incoming>> {
        let way = reply.resolved.as_ref().ok();
        let local = source(reply).or_else(|| way?.prefsrc);
        let owns = |ifindex: u32| {
            let mut own = self.addresses.data().into_iter().flatten();
            own.any(|own| own.ifindex == ifindex && Some(own.address) == local)
        };
        let settings = self.settings.data();
        let one = |&InputAnswer { iif, result }: &InputAnswer| Incoming {
            dev: names.name(iif),
            result,
            leaves_by: way.is_some_and(|way| way.oif == iif),
            owns_local: owns(iif),
            rp_filter: settings.and_then(|all| all.devices.get(&iif)?.rp_filter_effective),
        };
        Some(self.inputs?.data()?.iter().map(one).collect())
    }
}

impl Incoming {
    pub(super) fn is_accepted(&self) -> bool {
        self.result == Ok(RouteKind::Local)
    }

    pub(super) fn json(self) -> InputJson {
        InputJson {
            leaves_by: self.leaves_by,
            owns_local: self.owns_local,
            accepted: self.is_accepted(),
            kind: self.result.ok().map(RouteKind::name),
            error: self.result.err().map(RouteErrno::name),
            rp_filter_effective: self.rp_filter,
            dev: self.dev.0,
        }
    }

    pub(super) fn words(&self) -> String {
        let role = match (self.leaves_by, self.owns_local) {
            (true, false) => ", the way out",
            (false, true) => ", which has the address",
            _ => "",
        };
        let result = match self.result {
            Ok(RouteKind::Local) => "taken".to_owned(),
            Ok(RouteKind::Unicast) => "passed on, not taken: no address of this host".to_owned(),
            Ok(kind) => format!("not taken ({})", kind.name()),
            Err(errno @ (RouteErrno::EINVAL | RouteErrno::EXDEV)) => {
                let by = match self.rp_filter {
                    Some(1) => "the reverse-path filter is strict: the peer is expected elsewhere",
                    Some(2) => "the reverse-path filter is loose: no route leads to the peer",
                    Some(0) => "a source that is never taken here (martian)",
                    _ => "reverse-path filter, or a source that is never taken",
                };
                format!("refused, {}: {by}", errno.name())
            }
            Err(RouteErrno::EHOSTUNREACH) => {
                "refused, EHOSTUNREACH: no address of this host, which does not forward".to_owned()
            }
            Err(errno) => format!("refused, {}", errno.name()),
        };
        format!("by {}{role}: {result}", foreign(&self.dev.0))
    }
}
