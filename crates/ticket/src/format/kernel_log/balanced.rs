//! `ipvsadm -lnc`: connections of a load balancer.

use synrecv_model::Endpoint;

use crate::Said;

/// `IPVS connection entries`, and the titles of its columns.
pub(super) fn is_title(line: &str) -> bool {
    let line = line.trim();
    line == "IPVS connection entries"
        || (line.starts_with("pro ") && line.contains("virtual") && line.ends_with("destination"))
}

/// `TCP 00:58 SYN_RECV 192.0.2.7:45346 192.0.2.10:80 10.0.0.2:80`; why not for other protocols.
pub(super) fn row(line: &str) -> Option<Result<Said, &'static str>> {
    let mut words = line.split_ascii_whitespace();
    let protocol = words.next()?;
    if !matches!(protocol, "TCP" | "UDP" | "SCTP" | "IP") {
        return None;
    }
    let (minutes, seconds) = words.next()?.split_once(':')?;
    let expires_s =
        minutes.parse::<u32>().ok()?.checked_mul(60)?.checked_add(seconds.parse().ok()?)?;
    let state = words.next()?;
    let is_state = state
        .bytes()
        .all(|octet| octet.is_ascii_uppercase() || octet == b'_' || octet.is_ascii_digit());
    if !is_state {
        return None;
    }
    let mut end = || words.next().and_then(endpoint);
    let (client, service, server) = (end()?, end()?, end()?);
    if protocol != "TCP" {
        return Some(Err("a connection of another protocol"));
    }
    let state = state.to_owned();
    Some(Ok(Said::Balanced { state, client, service, server, expires_s }))
}

fn endpoint(word: &str) -> Option<Endpoint> {
    let (address, port) = word.rsplit_once(':')?;
    let address = address.trim_matches(['[', ']']);
    Some(Endpoint::new(address.parse().ok()?, port.parse().ok()?))
}
