//! Sorting and sets for what is not read by the thousand: one sort is compiled for all types.
//!
//! `slice::sort` is compiled anew for each type and key, in 3 to 12 KB each, and so is what collects
//! into a `BTreeSet` or a `BTreeMap`, which sorts first. Here a type costs some hundred bytes. The
//! price is a call for each comparison.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// As `slice::sort`.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// As `slice::sort_by_key`.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], key: impl Fn(&T) -> K) {
    sort_by(items, |one, other| key(one).cmp(&key(other)));
}

/// As `slice::sort_by`.
pub fn sort_by<T>(items: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    if items.len() < 2 {
        return;
    }
    let mut from = places(items.len(), &|one, other| compare(&items[one], &items[other]));
    // Each cycle of the permutation is walked once; a place that is done comes from itself.
    for start in 0..items.len() {
        let mut place = start;
        while from[place] != start {
            let source = from[place];
            items.swap(place, source);
            from[place] = place;
            place = source;
        }
        from[place] = place;
    }
}

/// For each place in order, the place whose item belongs there.
fn places(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut from: Vec<usize> = (0..count).collect();
    from.sort_by(|&one, &other| compare(one, other));
    from
}

/// As collecting into a set.
pub fn set<T: Ord>(items: impl IntoIterator<Item = T>) -> BTreeSet<T> {
    let mut set = BTreeSet::new();
    for item in items {
        set.insert(item);
    }
    set
}

/// As collecting into a map: of equal keys the last one stays.
pub fn map<K: Ord, V>(entries: impl IntoIterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut map = BTreeMap::new();
    for (key, value) in entries {
        map.insert(key, value);
    }
    map
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_permutation_is_sorted_as_the_standard_library_sorts() {
        // Numbers of five digits to base 5: all permutations, and all lists with equal items.
        for number in 0..3_125_u32 {
            let list: Vec<(u32, usize)> =
                (0..5).map(|digit| (number / 5_u32.pow(digit) % 5, digit as usize)).collect();
            let mut expected = list.clone();
            expected.sort_by_key(|&(value, _)| value);
            let mut sorted = list.clone();
            sort_by_key(&mut sorted, |&(value, _)| value);
            assert_eq!(sorted, expected);

            let mut sorted: Vec<String> = list.iter().map(|item| format!("{item:?}")).collect();
            let mut expected = sorted.clone();
            sort(&mut sorted);
            expected.sort();
            assert_eq!(sorted, expected);
        }
        sort::<u8>(&mut []);
    }

    #[test]
    fn long_lists_are_sorted_too() {
        let mut number = 1_u32;
        let mut next = || {
            number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            number >> 8
        };
        let mut list: Vec<(u32, u32)> = (0..5_000).map(|_| (next() % 100, next())).collect();
        let mut expected = list.clone();
        expected.sort_by_key(|&(key, _)| std::cmp::Reverse(key));
        sort_by_key(&mut list, |&(key, _)| std::cmp::Reverse(key));
        assert_eq!(list, expected);
    }

    #[test]
    fn sets_and_maps() {
        assert_eq!(set([3, 1, 3]), BTreeSet::from([1, 3]));
        assert_eq!(map([(3, 'a'), (1, 'b'), (3, 'c')]), BTreeMap::from([(1, 'b'), (3, 'c')]));
    }
}
