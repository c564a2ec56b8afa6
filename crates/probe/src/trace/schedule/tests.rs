//! Schedules against networks that exist in these tests only, on a clock of their own.

use std::net::{IpAddr, Ipv4Addr};

use synrecv_model::HopSaid;

use super::*;

const TARGET: IpAddr = IpAddr::V4(Ipv4Addr::new(10, 0, 9, 9));
const PORT_UNREACHABLE: HopSaid = HopSaid::Icmp { kind: 3, code: 3 };
const PROHIBITED: HopSaid = HopSaid::Icmp { kind: 3, code: 13 };
const EXCEEDED: HopSaid = HopSaid::Icmp { kind: 11, code: 0 };

/// What happens to a question.
type Fate = Option<(IpAddr, HopSaid, Duration)>;

fn router(distance: u8) -> IpAddr {
    Ipv4Addr::new(10, 0, distance, 1).into()
}

/// A way on which `distance` hops answer after as many milliseconds, and the last is the target.
fn way(length: u8) -> impl Fn(Question) -> Fate {
    move |question| {
        let distance = question.distance.min(length);
        let delay = Duration::from_millis(u64::from(distance));
        Some(if distance == length {
            (TARGET, PORT_UNREACHABLE, delay)
        } else {
            (router(distance), EXCEEDED, delay)
        })
    }
}

struct Run {
    outcome: Outcome,
    took: Duration,
    /// In order of sending.
    asked: Vec<(Duration, Question)>,
    /// Most questions on their way at a time.
    together: usize,
}

/// Runs a schedule; `named` says whether answers say what they are for.
fn run(pace: Pace, named: bool, fate: impl Fn(Question) -> Fate) -> Run {
    let mut schedule = Schedule::new(pace);
    let mut now = Duration::ZERO;
    let mut coming: Vec<(Duration, Question, IpAddr, HopSaid)> = Vec::new();
    let (mut asked, mut together) = (Vec::new(), 0);
    loop {
        coming.sort_by_key(|(at, ..)| *at);
        let until = match schedule.step(now) {
            Step::Done => break,
            Step::Send(question) => {
                schedule.sent(question, now);
                asked.push((now, question));
                if let Some((from, said, delay)) = fate(question) {
                    coming.push((now + delay, question, from, said));
                }
                together = together.max(coming.len());
                continue;
            }
            Step::Wait(until) => until,
        };
        assert!(until > now, "waits for what has passed");
        match coming.first().copied() {
            Some((at, question, from, said)) if at <= until => {
                coming.remove(0);
                now = at;
                let heard = |delay_us| HopAnswer { from, said, delay_us, ttl: Some(64) };
                schedule.answer(named.then_some(question), heard, now);
            }
            _ => now = until,
        }
    }
    Run { outcome: schedule.finish(TARGET), took: now, asked, together }
}

fn addresses(outcome: &Outcome) -> Vec<Option<IpAddr>> {
    outcome.hops.iter().map(|hop| Some(hop.answers.first()?.from)).collect()
}

fn expected(length: u8, silent: &[u8]) -> Vec<Option<IpAddr>> {
    let at = |distance: u8| if distance == length { TARGET } else { router(distance) };
    (1..=length).map(|distance| (!silent.contains(&distance)).then(|| at(distance))).collect()
}

#[test]
fn numbers_come_back() {
    let mut seen = Vec::new();
    for distance in 1..=DISTANCE_MAX {
        for attempt in 0..ASKED_MAX {
            let question = Question { distance, attempt };
            assert_eq!(Question::of(question.number()), Some(question));
            assert!(!seen.contains(&question.number()));
            seen.push(question.number());
        }
    }
    let none = [0, 3, 4 * 31, u16::MAX, 4 * 5 + 3];
    assert!(none.into_iter().all(|number| Question::of(number).is_none()));
}

#[test]
fn a_way_that_answers_is_known_after_one_round_trip() {
    let run = run(Pace::SIDE_BY_SIDE, true, way(6));
    assert_eq!(addresses(&run.outcome), expected(6, &[]));
    assert_eq!(run.outcome.end, TraceEnd::Arrived);
    assert!(run.outcome.hops.iter().all(|hop| hop.asked_count == 1));
    assert_eq!(run.took, Duration::from_millis(6));
    assert!(run.together <= 16);
}

#[test]
fn a_long_way_is_followed_to_its_end() {
    let run = run(Pace::SIDE_BY_SIDE, true, way(27));
    assert_eq!(addresses(&run.outcome), expected(27, &[]));
    assert!(run.took < Duration::from_millis(100), "{:?}", run.took);
}

#[test]
fn a_silent_hop_is_asked_three_times_while_others_wait_for_nothing() {
    let run = run(Pace::SIDE_BY_SIDE, true, |question| {
        way(6)(question).filter(|_| question.distance != 2)
    });
    assert_eq!(addresses(&run.outcome), expected(6, &[2]));
    assert_eq!(run.outcome.hops[1].asked_count, 3);
    // Five times the slowest delay, which is that of the target, and what is added to it.
    assert!(run.took < Duration::from_millis(6 + 5 * 7), "{:?}", run.took);
}

#[test]
fn a_hop_that_answers_every_third_time_is_found() {
    let run = run(Pace::SIDE_BY_SIDE, true, |question| {
        way(6)(question).filter(|_| question.distance != 4 || question.attempt == 2)
    });
    assert_eq!(addresses(&run.outcome), expected(6, &[]));
    assert_eq!(run.outcome.hops[3].asked_count, 3);
}

#[test]
fn a_late_answer_counts_for_the_question_that_it_is_for() {
    let run = run(Pace::SIDE_BY_SIDE, true, |question| {
        let slow = question.distance == 3;
        way(6)(question).map(|(from, said, delay)| {
            (from, said, if slow { Duration::from_millis(25) } else { delay })
        })
    });
    let hop = &run.outcome.hops[2];
    assert_eq!((hop.asked_count, hop.answers[0].delay_us), (3, 25_000), "{hop:?}");
}

#[test]
fn the_nearest_answer_of_the_target_is_its_distance() {
    // The first question to the target is lost, those behind it arrive.
    let run = run(Pace::SIDE_BY_SIDE, true, |question| {
        way(6)(question).filter(|_| (question.distance, question.attempt) != (6, 0))
    });
    assert_eq!(addresses(&run.outcome), expected(6, &[]));
    assert_eq!(run.outcome.hops.len(), 6);
}

#[test]
fn a_refusal_on_the_way_ends_it() {
    let run = run(Pace::SIDE_BY_SIDE, true, |question| {
        way(9)(question).map(|(from, said, delay)| {
            if question.distance > 5 { (router(5), PROHIBITED, delay) } else { (from, said, delay) }
        })
    });
    assert_eq!((run.outcome.end, run.outcome.hops.len()), (TraceEnd::Refused, 6));
    let last = &run.outcome.hops[5].answers[0];
    assert_eq!((last.from, last.said), (router(5), PROHIBITED));
}

#[test]
fn a_router_has_time_to_say_that_a_host_is_off() {
    // Linux asks for it three times, a second apart.
    let run = run(Pace::SIDE_BY_SIDE, true, |question| match question.distance {
        0..6 => way(30)(question),
        6 => Some((router(5), PROHIBITED, Duration::from_millis(3_100))),
        _ => None,
    });
    assert_eq!((run.outcome.end, run.outcome.hops.len()), (TraceEnd::Refused, 6));
    assert!(run.took < Duration::from_millis(3_200), "{:?}", run.took);
}

#[test]
fn silence_ends_it_after_ten_hops_and_three_seconds() {
    let run = run(Pace::SIDE_BY_SIDE, true, |question| {
        way(30)(question).filter(|_| question.distance < 6)
    });
    assert_eq!((run.outcome.end, run.outcome.hops.len()), (TraceEnd::Silent, 15));
    assert!(run.outcome.hops[5..].iter().all(|hop| hop.asked_count == 3));
    assert!(run.took < Duration::from_millis(3_600), "{:?}", run.took);
}

#[test]
fn nothing_at_all_is_an_answer_too() {
    let run = run(Pace::SIDE_BY_SIDE, true, |_| None);
    assert_eq!((run.outcome.end, run.outcome.sent_count), (TraceEnd::Silent, 30));
    assert_eq!(run.took, Duration::from_millis(3_500));
}

#[test]
fn a_way_without_end_is_too_far() {
    let run = run(Pace::SIDE_BY_SIDE, true, way(200));
    assert_eq!((run.outcome.end, run.outcome.hops.len()), (TraceEnd::TooFar, 30));
}

#[test]
fn no_network_gets_more_than_the_bound() {
    // Fates drawn from a simple generator: lost, delayed, answered by anybody.
    let mut seed = 1_u32;
    for _ in 0..300 {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let start = seed;
        let fate = |question: Question| {
            let mut value = start ^ (u32::from(question.number()) << 8);
            for _ in 0..3 {
                value = value.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            }
            let delay = Duration::from_millis(u64::from(value >> 8) % 1_500);
            match value >> 29 {
                0..3 => None,
                7 if question.distance > 8 => Some((TARGET, PORT_UNREACHABLE, delay)),
                _ => Some((router(question.distance), EXCEEDED, delay)),
            }
        };
        for pace in [Pace::SIDE_BY_SIDE, Pace { window: 1, ..Pace::SIDE_BY_SIDE }] {
            for named in [true, false] {
                let run = run(pace, named, fate);
                assert!(run.outcome.sent_count <= pace.bound());
                assert!(run.outcome.hops.iter().all(|hop| hop.asked_count <= ASKED_MAX));
                let mut questions: Vec<u16> =
                    run.asked.iter().map(|(_, question)| question.number()).collect();
                questions.sort_unstable();
                questions.dedup();
                assert_eq!(questions.len(), run.asked.len(), "asked twice");
            }
        }
    }
}

#[test]
fn answers_that_do_not_say_what_they_are_for_are_asked_for_one_by_one() {
    let run = run(Pace::SIDE_BY_SIDE, false, |question| {
        way(6)(question).filter(|_| question.distance != 2)
    });
    assert_eq!(addresses(&run.outcome), expected(6, &[2]));
    assert!(run.outcome.unattributed_count > 0);
    assert!(run.took < Duration::from_secs(5), "{:?}", run.took);
}

#[test]
fn one_at_a_time_is_one_at_a_time() {
    let pace = Pace { window: 1, asked_max: 2, ..Pace::SIDE_BY_SIDE };
    let run = run(pace, true, |question| way(6)(question).filter(|_| question.distance != 2));
    assert_eq!(addresses(&run.outcome), expected(6, &[2]));
    assert_eq!(run.together, 1);
    assert!(run.took < Duration::from_millis(1_500), "{:?}", run.took);
}
